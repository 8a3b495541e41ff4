// Turns the stages that were reached into a graph: applies each instruction to the state of its stage,
// in the order of the file, so that everything a stage refers to is there before it.

import { isBuildError } from '../../core/errors.ts';
import { Problems } from '../../core/problems.ts';
import type { Span } from '../../core/source.ts';
import type { EscapeCharacter, Word } from '../../grammar/ast.ts';
import type { ImageConfig } from '../../image/model.ts';
import { describeRemote, type RemoteSource } from '../remote/remote-source.ts';
import { applyArg } from './apply/apply-arg.ts';
import { applyHealthcheck, applyOnbuild } from './apply/apply-command.ts';
import { applyFiles } from './apply/apply-files.ts';
import { applyRun } from './apply/apply-run.ts';
import { applySetting } from './apply/apply-setting.ts';
import { Growth } from './apply/growth.ts';
import { historyList } from './apply/history.ts';
import {
  addLayer,
  fromImage,
  fromStage,
  type StageState,
  type StageSurroundings,
} from './apply/stage-state.ts';
import { Unknowns, UnknownVariable } from './apply/unknowns.ts';
import { copyOfFolder } from './copy-of-folder.ts';
import { emptyImage, finalConfig } from './final-config.ts';
import type { Graph, SourceRef, Vertex, VertexId } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';
import type { TypedCommand } from './instructions/typed.ts';
import type { PlanObserver } from './observer.ts';
import type { PlanOptions } from './plan-options.ts';
import type { Base } from './stages/origins.ts';
import type { Reached, ReachedStage } from './stages/reach.ts';
import { stageName } from './stages/stages.ts';

export interface PlannerInput {
  readonly reached: Reached;
  readonly images: ReadonlyMap<string, ImageConfig>;
  readonly options: PlanOptions;
  /** What a plain `ARG NAME` in a stage takes over. */
  readonly globals: ReadonlyMap<string, string>;
  /** False where there may be more of them: something above the first FROM is wrong. */
  readonly globalsKnown: boolean;
  readonly escape: EscapeCharacter;
  /** True where the Dockerfile has one stage: steps then need no stage's name. */
  readonly single: boolean;
  readonly observer?: PlanObserver;
}

/** Builds the graph. No image of `reached` may be missing from `images`. Throws all that is wrong at once. */
export function buildGraph(input: PlannerInput): Graph {
  const problems = new Problems();
  const graph = new Planner(input, problems).graph();
  problems.throwIfAny();
  return graph;
}

/**
 * Adds to `problems` what is wrong in what was reached, as far as that can be told although something is
 * wrong already, or images were not looked up yet.
 */
export function findProblems(input: PlannerInput, problems: Problems): void {
  new Planner(input, problems).graph();
}

class Planner {
  readonly #input: PlannerInput;
  readonly #problems: Problems;
  readonly #builder = new GraphBuilder();
  readonly #growth = new Growth();
  readonly #states = new Map<number, StageState>();
  /** Vertices of images that are only copied or mounted from, by key; scratch is ''. */
  readonly #sources = new Map<string, VertexId>();

  constructor(input: PlannerInput, problems: Problems) {
    this.#input = input;
    this.#problems = problems;
  }

  graph(): Graph {
    const { reached, options } = this.#input;
    for (const stage of reached.stages) this.#states.set(stage.stage.index, this.#stage(stage));
    // What the target needs stands above it, so it is the last one.
    const state = this.#state(reached.stages.at(-1)?.stage.index);
    return {
      vertices: this.#builder.vertices(),
      target: state.vertex,
      config: finalConfig(state, options.labels),
      history: historyList(state.history),
      sourceDateEpoch: options.sourceDateEpoch,
    };
  }

  #stage(reached: ReachedStage): StageState {
    const { stage, base, commands } = reached;
    const { observer } = this.#input;
    observer?.stage(reached);
    const counter = { name: stageName(stage), isNamed: !this.#input.single, steps: 0 };
    let prefix = '';
    const state = this.#begin(base, stage.from.node.span, {
      escape: this.#input.escape,
      growth: this.#growth,
      addStep: (op, text, span, platform) =>
        this.#builder.add(op, { text: prefix + text, span, platform }, counter),
      ...(observer && {
        onExpanded: (word, expansion, state) => observer.expanded(word, expansion, state),
      }),
    });
    if (!base.known || !this.#input.globalsKnown) state.unknowns ??= new Unknowns();
    for (const command of commands) {
      prefix = command.triggered ? 'ONBUILD ' : '';
      if (command.afterGap) state.unknowns ??= new Unknowns();
      observer?.command(command, state);
      this.#attempt(state, command.typed);
    }
    if (stage.gaps.has(stage.commands.length)) state.unknowns ??= new Unknowns();
    return state;
  }

  /** Applies an instruction. What is wrong with it is kept, and nobody knows from here on what it would have set. */
  #attempt(state: StageState, typed: TypedCommand): void {
    try {
      this.#apply(state, typed);
    } catch (error) {
      if (isBuildError(error)) this.#problems.add(error);
      else if (!(error instanceof UnknownVariable)) throw error;
      state.unknowns ??= new Unknowns();
      state.unknowns.lose(typed);
    }
  }

  #begin(base: Base, span: Span, surroundings: StageSurroundings): StageState {
    const { origin, text, platform } = base;
    if (origin.kind === 'stage') return fromStage(this.#state(origin.index), surroundings);
    if (origin.kind === 'image') {
      const { key } = origin.need;
      const op = { kind: 'base', image: key } as const;
      const vertex = surroundings.addStep(op, `FROM ${text}`, span, platform);
      const image = this.#input.images.get(key);
      const state = fromImage(image ?? emptyImage(platform), vertex, surroundings);
      if (image === undefined) state.unknowns = new Unknowns();
      return state;
    }
    const empty = emptyImage(this.#input.options.platform);
    if (origin.kind === 'remote') {
      return fromImage(empty, this.#fetch(origin.source, { span, platform }), surroundings);
    }
    const state = fromImage(empty, this.#scratch(span), surroundings);
    if (origin.kind === 'folder') {
      const copy = copyOfFolder(origin.name, state.vertex);
      const createdBy = `local source for ${origin.name}`;
      addLayer(state, copy, { text: `FROM ${text}`, span, createdBy });
    }
    return state;
  }

  #apply(state: StageState, typed: TypedCommand): void {
    const { options, globals } = this.#input;
    switch (typed.kind) {
      case 'run':
        applyRun(state, typed, options, (from) => this.#source(from));
        break;
      case 'files':
        applyFiles(
          state,
          typed,
          (from) => this.#source(from),
          (source, span) => this.#fetch(source, { span, platform: state.platform }),
        );
        break;
      case 'healthcheck':
        applyHealthcheck(state, typed);
        break;
      case 'onbuild':
        applyOnbuild(state, typed);
        break;
      case 'arg':
        applyArg(state, typed.node, globals, options);
        break;
      case 'setting':
        applySetting(state, typed);
        break;
    }
  }

  #source(from: Word | undefined): SourceRef {
    if (from === undefined) return { kind: 'context', name: undefined };
    const origin = this.#input.reached.origins.get(from);
    switch (origin?.kind) {
      case 'stage':
        return { kind: 'vertex', vertex: this.#state(origin.index).vertex };
      case 'folder':
        return { kind: 'context', name: origin.name };
      case 'scratch':
        return { kind: 'vertex', vertex: this.#scratch(from.span) };
      case 'remote': {
        const step = { span: from.span, platform: this.#input.options.platform };
        return { kind: 'vertex', vertex: this.#fetch(origin.source, step) };
      }
      case 'image': {
        const { key, reference, platform } = origin.need;
        const text = `FROM ${reference}`;
        return { kind: 'vertex', vertex: this.#shared(key, text, { span: from.span, platform }) };
      }
      default:
        // The name is wrong, which has been told; the rest of the instruction is still looked at.
        if (!this.#problems.any) throw new Error(`no stage or image was found for ${from.text}`);
        return { kind: 'context', name: undefined };
    }
  }

  /** The one vertex that fetches this. */
  #fetch(source: RemoteSource, step: Pick<Vertex, 'platform'> & { readonly span: Span }): VertexId {
    const key = `fetch ${JSON.stringify(source)}`;
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    const text = `fetch ${describeRemote(source)}`;
    const vertex = this.#builder.add({ kind: 'fetch', source }, { text, ...step });
    this.#sources.set(key, vertex);
    return vertex;
  }

  #scratch(span: Span): VertexId {
    return this.#shared('', 'FROM scratch', { span, platform: this.#input.options.platform });
  }

  /** The one vertex of an image that belongs to no stage. */
  #shared(
    key: string,
    text: string,
    step: Pick<Parameters<GraphBuilder['add']>[1], 'span' | 'platform'>,
  ): VertexId {
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    const vertex = this.#builder.add({ kind: 'base', image: key || undefined }, { text, ...step });
    this.#sources.set(key, vertex);
    return vertex;
  }

  #state(index: number | undefined): StageState {
    const state = index === undefined ? undefined : this.#states.get(index);
    if (state === undefined) throw new Error(`stage ${index} was not planned before its use`);
    return state;
  }
}
