// Writes down one build as it goes: a reader of its events, and of the graph for what events do not say.

import type { BuildEnded, BuildEvent, EventSink, StepEnded } from '../../core/events.ts';
import { lineOf } from '../exec/path-origins.ts';
import type { BuildOptions } from '../options.ts';
import type { Graph, Vertex, VertexId } from '../plan/graph.ts';
import { verticesUsedBy } from '../plan/uses.ts';
import { type BuildRecord, HISTORY_FORMAT, type StepRecord } from './build-record.ts';
import { keepBuild } from './history-store.ts';

export interface BuildRecorder {
  readonly id: string;
  /** Takes the graph that is built. */
  planned(graph: Graph): void;
  onEvent(event: BuildEvent): void;
  /** Keeps what happened. A build that cannot be written down is built all the same: `tell` hears of it. */
  finish(end: Pick<BuildEnded, 'ok' | 'code' | 'ms'>, tell: EventSink): void;
}

/** Begins to write down build `id` in the store at `home`. */
export function recordBuild(
  home: string,
  id: string,
  { dockerfile, context, target, buildArgs }: BuildOptions,
): BuildRecorder {
  const started = Date.now();
  const ended = new Map<VertexId, StepEnded>();
  let vertices: readonly Vertex[] = [];
  return {
    id,
    planned(graph) {
      // A build that begins again has the same graph.
      ended.clear();
      vertices = graph.vertices;
    },
    onEvent(event) {
      if (event.event === 'step') ended.set(event.id, event);
    },
    finish({ ok, code, ms }, tell) {
      if (vertices.length === 0) return;
      const build: BuildRecord = {
        format: HISTORY_FORMAT,
        id,
        started,
        ms,
        ok,
        code,
        dockerfile: dockerfile.name,
        context: context.kind === 'directory' ? (context.origin ?? context.path) : '',
        target: target ?? '',
        args: [...buildArgs.keys()],
        steps: vertices.map((vertex) => stepOf(vertex, ended.get(vertex.id))),
      };
      try {
        keepBuild(home, build);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const message = `the build is not in the history: ${why}`;
        tell({ event: 'warning', code: 'History', message });
      }
    },
  };
}

function stepOf({ id, name, op, span }: Vertex, end: StepEnded | undefined): StepRecord {
  const known = {
    id,
    step: name,
    kind: op.kind,
    place: span && lineOf(span),
    inputs: verticesUsedBy(op),
  };
  if (end === undefined) return { ...known, status: 'waiting', reason: '', ms: 0 };
  const { event: _, ...rest } = end;
  return { ...known, ...rest };
}
