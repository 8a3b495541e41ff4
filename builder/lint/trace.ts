// What lint keeps of the planner's work: for each command what its words became, and which variables
// nobody had set by then.

import { suggest } from '../../core/suggest.ts';
import type { Word } from '../../grammar/ast.ts';
import type { ImageConfig } from '../../image/model.ts';
import type { StageState } from '../plan/apply/stage-state.ts';
import type { Expansion } from '../plan/expand/expand.ts';
import type { TypedCommand } from '../plan/instructions/typed.ts';
import type { PlanObserver } from '../plan/observer.ts';
import type { Base } from '../plan/stages/origins.ts';
import type { ReachedStage, StageCommand } from '../plan/stages/reach.ts';
import type { Stage } from '../plan/stages/stages.ts';

export interface StageTrace {
  readonly stage: Stage;
  readonly base: Base;
  /** False where the stage goes back to an image that was not looked up: what it sets is unknown. */
  readonly baseKnown: boolean;
  /** The config of the base where it is an image that was looked up. */
  readonly image: ImageConfig | undefined;
  readonly commands: readonly CommandTrace[];
}

export interface CommandTrace {
  readonly typed: TypedCommand;
  /** True for a trigger of the base's ONBUILD: its place in this Dockerfile is the FROM. */
  readonly triggered: boolean;
  /** The words that were expanded, in the order of their expansion. */
  readonly words: readonly { readonly word: Word; readonly expansion: Expansion }[];
  /** Variables that are neither set nor declared. Empty where the base is unknown. */
  readonly unset: readonly Unset[];
  /** True where a SHELL, of the base or the stage, is in force. */
  readonly ownShell: boolean;
}

export interface Unset {
  readonly name: string;
  readonly word: Word;
  /** The most similar name that is set. */
  readonly near: string | undefined;
}

interface OpenStage extends StageTrace {
  readonly commands: OpenCommand[];
}

interface OpenCommand extends CommandTrace {
  readonly words: { readonly word: Word; readonly expansion: Expansion }[];
  readonly unset: Unset[];
}

/** Collects the traces of the stages that the planner goes through. */
export class Tracer implements PlanObserver {
  readonly #images: ReadonlyMap<string, ImageConfig>;
  readonly #stages = new Map<number, OpenStage>();
  #stage: OpenStage | undefined;

  /** `images` are those that were looked up. */
  constructor(images: ReadonlyMap<string, ImageConfig>) {
    this.#images = images;
  }

  /** In the order of the file. */
  get traces(): readonly StageTrace[] {
    return [...this.#stages.values()];
  }

  stage({ stage, base }: ReachedStage): void {
    const image = base.origin.kind === 'image' ? this.#images.get(base.origin.need.key) : undefined;
    this.#stage = { stage, base, baseKnown: this.#isKnown(base), image, commands: [] };
    this.#stages.set(stage.index, this.#stage);
  }

  command({ typed, triggered }: StageCommand, { config }: Readonly<StageState>): void {
    const ownShell = (config.Shell?.length ?? 0) > 0;
    this.#stage?.commands.push({ typed, triggered, words: [], unset: [], ownShell });
  }

  expanded(word: Word, expansion: Expansion, state: Readonly<StageState>): void {
    const command = this.#stage?.commands.at(-1);
    command?.words.push({ word, expansion });
    if (!this.#stage?.baseKnown) return;
    for (const name of expansion.unmatched) {
      if (state.args.has(name)) continue;
      const set = state.variables.list().map((entry) => entry.slice(0, entry.indexOf('=')));
      command?.unset.push({ name, word, near: suggest(name, set) });
    }
  }

  #isKnown({ origin }: Base): boolean {
    if (origin.kind === 'stage') return this.#stages.get(origin.index)?.baseKnown ?? false;
    return origin.kind !== 'image' || this.#images.has(origin.need.key);
  }
}
