// Collects vertices, and names them once the steps of every stage are counted.

import type { Span } from '../../core/source.ts';
import type { Platform } from '../../image/model.ts';
import type { OpSpec, Vertex, VertexId } from './graph.ts';

interface Pending extends Omit<Vertex, 'name' | 'stage'> {
  readonly text: string;
  /** Undefined for steps that no stage counts. */
  readonly stage: StageCounter | undefined;
  readonly position: number;
}

/** Counts the steps of one stage. */
export interface StageCounter {
  readonly name: string;
  /** Whether its steps are shown with the stage's name: not where the Dockerfile has one stage only. */
  readonly isNamed: boolean;
  steps: number;
}

export class GraphBuilder {
  readonly #pending: Pending[] = [];

  /** Adds a vertex; its inputs must have been added before. */
  add(
    op: OpSpec,
    step: { readonly text: string; readonly span: Span; readonly platform: Platform },
    stage?: StageCounter,
  ): VertexId {
    const id = this.#pending.length;
    const position = stage === undefined ? 0 : ++stage.steps;
    const { text, span, platform } = step;
    this.#pending.push({ id, op, span, platform, text, stage, position });
    return id;
  }

  /** The vertices, named `[build 2/5] RUN npm ci`. */
  vertices(): Vertex[] {
    return this.#pending.map(({ text, stage, position, ...vertex }) => {
      if (stage === undefined) return { ...vertex, stage: undefined, name: text };
      const total = String(stage.steps);
      const prefix = stage.isNamed ? `${stage.name} ` : '';
      return {
        ...vertex,
        stage: stage.name,
        name: `[${prefix}${String(position).padStart(total.length)}/${total}] ${text}`,
      };
    });
  }
}
