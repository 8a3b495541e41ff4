// What one stage asks for: its instructions are applied in order to a state without files, so that
// values and ids are expanded just as in a build.

import type { EscapeCharacter } from '../../grammar/ast.ts';
import { applyArg } from '../plan/apply/apply-arg.ts';
import { applySetting } from '../plan/apply/apply-setting.ts';
import { Growth } from '../plan/apply/growth.ts';
import { resolveMounts } from '../plan/apply/mounts.ts';
import { fromImage, fromStage, type StageState } from '../plan/apply/stage-state.ts';
import { expand } from '../plan/expand/expand.ts';
import { emptyImage } from '../plan/final-config.ts';
import type { TypedArg, TypedRun } from '../plan/instructions/typed.ts';
import type { PlanOptions } from '../plan/plan-options.ts';
import { givenArg } from '../plan/stages/build-args.ts';
import { fromsOf, type Reached, type ReachedStage } from '../plan/stages/reach.ts';
import { docComment } from './doc-comment.ts';
import type { GlobalArgs } from './global-args.ts';
import { instructionLines } from './instruction-lines.ts';
import type { OutlineArg, OutlineNeed } from './outline-entry.ts';

export interface StageNeeds {
  /** The stages that it is built on or copies from: its base first. */
  readonly uses: readonly number[];
  readonly args: readonly OutlineArg[];
  readonly secrets: readonly OutlineNeed[];
  readonly ssh: readonly OutlineNeed[];
}

export interface StageReaderInput {
  readonly reached: Reached;
  readonly options: PlanOptions;
  readonly globals: GlobalArgs;
  readonly escape: EscapeCharacter;
}

/** Reads stages in the order of the file: a stage goes on from the state of its base. */
export class StageReader {
  readonly #input: StageReaderInput;
  readonly #growth = new Growth();
  readonly #states = new Map<number, StageState>();

  constructor(input: StageReaderInput) {
    this.#input = input;
  }

  /** Throws E_EXPANSION, E_MOUNT, E_ARGUMENTS. */
  read(reached: ReachedStage): StageNeeds {
    const state = this.#begin(reached);
    this.#states.set(reached.stage.index, state);
    const names = this.#namesInFrom(reached);
    const own = new Map<string, OutlineArg>();
    const secrets = new Map<string, OutlineNeed>();
    const ssh = new Map<string, OutlineNeed>();
    for (const { typed } of reached.commands) {
      if (typed.kind === 'setting') applySetting(state, typed);
      if (typed.kind === 'run') readMounts(state, typed, secrets, ssh);
      if (typed.kind !== 'arg') continue;
      for (const arg of this.#declare(state, typed)) own.set(arg.name, arg);
      for (const { name } of typed.node.declarations) names.add(name.text);
    }
    return {
      uses: this.#uses(reached),
      args: this.#withWhatTheyAreMadeOf(names, own),
      secrets: [...secrets.values()],
      ssh: [...ssh.values()],
    };
  }

  #begin({ base: { origin, platform } }: ReachedStage): StageState {
    const surroundings = { escape: this.#input.escape, growth: this.#growth, addStep: () => 0 };
    const parent = origin.kind === 'stage' ? this.#states.get(origin.index) : undefined;
    if (parent !== undefined) return fromStage(parent, surroundings);
    return fromImage(emptyImage(platform), 0, surroundings);
  }

  #namesInFrom({ stage: { from }, base }: ReachedStage): Set<string> {
    const { escape: mark, globals } = this.#input;
    const words = base.replacesStage ? [] : [from.image, from.platform ?? []].flat();
    return new Set(
      words.flatMap((word) => {
        const { matched, unmatched } = expand(word, globals.values, { escape: mark });
        // Without what is not set, a base that is known is an image all the same.
        return base.known ? [...matched] : [...matched, ...unmatched];
      }),
    );
  }

  /** Applies ARG. Returns the arguments of it that do more than take over a global one. */
  #declare(state: StageState, { node }: TypedArg): OutlineArg[] {
    const { globals, options } = this.#input;
    applyArg(state, node, globals.values, options);
    return node.declarations.flatMap(({ name, value }) => {
      const given = givenArg(name.text, options);
      if (given === undefined && value === undefined && globals.values.has(name.text)) return [];
      return {
        name: name.text,
        description: docComment(node.comments, name.text),
        value: state.args.get(name.text) ?? '',
        lines: instructionLines(node),
      };
    });
  }

  #withWhatTheyAreMadeOf(
    names: ReadonlySet<string>,
    own: ReadonlyMap<string, OutlineArg>,
  ): OutlineArg[] {
    const found = new Map<string, OutlineArg>();
    const waiting = [...names];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (found.has(name)) continue;
      const global = this.#input.globals.args.get(name);
      const arg = own.get(name) ?? global;
      if (arg === undefined) continue;
      found.set(name, arg);
      if (arg === global) waiting.push(...global.madeOf);
    }
    return [...found.values()];
  }

  #uses({ base, commands }: ReachedStage): number[] {
    const froms = commands.flatMap(({ typed }) => fromsOf(typed));
    const origins = froms.map(([from]) => this.#input.reached.origins.get(from));
    return [base.origin, ...origins].flatMap((origin) =>
      origin?.kind === 'stage' ? [origin.index] : [],
    );
  }
}

/** Adds the secrets and agents of a step; the first to ask for one counts. */
function readMounts(
  state: StageState,
  { node, mounts }: TypedRun,
  secrets: Map<string, OutlineNeed>,
  ssh: Map<string, OutlineNeed>,
): void {
  for (const mount of resolveMounts(state, mounts, SURROUNDINGS)) {
    if (mount.type !== 'secret' && mount.type !== 'ssh') continue;
    const list = mount.type === 'secret' ? secrets : ssh;
    const need = { name: mount.id, required: mount.required, lines: instructionLines(node) };
    if (!list.has(mount.id)) list.set(mount.id, need);
  }
}

const NO_FILES = { kind: 'context', name: undefined } as const;
const SURROUNDINGS = { findSource: () => NO_FILES, cacheNamespace: '' };
