// A stage while its instructions are applied in order: the config so far, the variables, the history,
// and the vertex that holds its files.

import type { Span } from '../../../core/source.ts';
import type { EscapeCharacter, Word } from '../../../grammar/ast.ts';
import type { ImageConfig, Platform, RuntimeConfig } from '../../../image/model.ts';
import { type ExpandOptions, type Expansion, expand } from '../expand/expand.ts';
import type { OpSpec, VertexId } from '../graph.ts';
import { Environment } from './environment.ts';
import type { Growth } from './growth.ts';
import { type History, inherited, record } from './history.ts';
import { resolvePath } from './paths.ts';
import type { Unknowns } from './unknowns.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a stage needs of the build around it. */
export interface StageSurroundings {
  /** One for the whole build. */
  readonly growth: Growth;
  readonly escape: EscapeCharacter;
  /** Takes a step into the graph and returns its vertex; `text` is what people read of it. */
  readonly addStep: (op: OpSpec, text: string, span: Span, platform: Platform) => VertexId;
  /** Told of every word that is expanded in the stage, for lint. */
  readonly onExpanded?: (word: Word, expansion: Expansion, state: StageState) => void;
}

/** The fields of a config that do not grow with the Dockerfile. */
export type SmallConfig = Omit<
  RuntimeConfig,
  'Env' | 'Labels' | 'ExposedPorts' | 'Volumes' | 'OnBuild'
>;

export interface StageState extends StageSurroundings {
  readonly platform: Platform;
  /** All variables: the config's, and build arguments; what was set last counts. */
  readonly variables: Environment;
  /** The config's Env. */
  readonly configEnv: Environment;
  /** Build arguments declared so far, with the values that they had then. */
  readonly args: Map<string, string>;
  readonly labels: Map<string, string>;
  /** `80/tcp` each. */
  readonly ports: Set<string>;
  readonly volumes: Set<string>;
  readonly onbuild: string[];
  /** What is left of the config. */
  config: SmallConfig;
  author: string | undefined;
  /** The USER that is in force, where it is not the base image's. */
  userSpan: Span | undefined;
  vertex: VertexId;
  history: History | undefined;
  /** Undefined where all variables are known, as they are in every graph that is executed. */
  unknowns: Unknowns | undefined;
  /** True once CMD stood in this stage: a later ENTRYPOINT leaves it alone. */
  commandSet: boolean;
}

/** The state after FROM an image (or scratch: an image with an empty config). Its ONBUILD triggers are taken off. */
export function fromImage(
  image: Omit<ImageConfig, 'rootfs'>,
  vertex: VertexId,
  surroundings: StageSurroundings,
): StageState {
  const { os, architecture, variant } = image;
  const {
    OnBuild: _fired,
    Env = [],
    Labels,
    ExposedPorts,
    Volumes,
    ...config
  } = image.config ?? {};
  const configEnv = Environment.from(Env);
  if (configEnv.get('PATH') === undefined && os !== 'windows') configEnv.set('PATH', DEFAULT_PATH);
  return {
    ...surroundings,
    platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
    variables: Environment.from(configEnv.list()),
    configEnv,
    args: new Map(),
    labels: new Map(Object.entries(Labels ?? {})),
    ports: new Set(Object.keys(ExposedPorts ?? {})),
    volumes: new Set(Object.keys(Volumes ?? {})),
    onbuild: [],
    config,
    author: image.author,
    vertex,
    history: inherited(image.history ?? []),
    unknowns: undefined,
    userSpan: undefined,
    commandSet: false,
  };
}

/** The state after FROM an earlier stage: everything goes on, but ONBUILD triggers and what was set "in this stage". */
export function fromStage(parent: StageState, surroundings: StageSurroundings): StageState {
  return {
    ...parent,
    ...surroundings,
    variables: parent.variables.copy(),
    unknowns: parent.unknowns?.copy(),
    configEnv: parent.configEnv.copy(),
    args: new Map(parent.args),
    labels: new Map(parent.labels),
    ports: new Set(parent.ports),
    volumes: new Set(parent.volumes),
    onbuild: [],
    commandSet: false,
  };
}

/** Expands a word with the stage's variables. Throws E_EXPANSION. */
export function expandIn(state: StageState, word: Word): string {
  return expandWord(state, word).text;
}

/** Expands a word with the stage's variables; `options` may say otherwise than the Dockerfile does. Throws E_EXPANSION. */
export function expandWord(
  state: StageState,
  word: Word,
  options: ExpandOptions = { escape: state.escape },
): Expansion {
  const { variables, unknowns } = state;
  const expansion = expand(word, unknowns?.over(variables) ?? variables, options);
  state.growth.add(word, expansion.text);
  state.onExpanded?.(word, expansion, state);
  return expansion;
}

/** Sets fields of the config and records the instruction as one that makes no layer. */
export function setConfig(state: StageState, change: SmallConfig, createdBy: string): void {
  state.config = { ...state.config, ...change };
  state.history = record(state.history, createdBy);
}

/** Adds a step, makes its files the stage's, and records the layer. */
export function addLayer(
  state: StageState,
  op: OpSpec,
  step: { readonly text: string; readonly span: Span; readonly createdBy: string },
): void {
  state.vertex = state.addStep(op, step.text, step.span, state.platform);
  state.history = record(state.history, step.createdBy, state.vertex);
}

/** The working folder as an absolute, clean path, whatever the base image's config says. */
export function workingFolder(state: StageState): string {
  return resolvePath('/', state.config.WorkingDir ?? '');
}
