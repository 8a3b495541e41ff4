// What lint keeps of the planner's work: for each command what its words became, and which variables
// nobody had set by then.

import type { Span } from '../../core/source.ts';
import type { Instruction, Word } from '../../grammar/ast.ts';
import type { ImageConfig } from '../../image/model.ts';
import type { StageState } from '../plan/apply/stage-state.ts';
import type { Expansion } from '../plan/expand/expand.ts';
import type { TypedCommand } from '../plan/instructions/typed.ts';
import type { PlanObserver } from '../plan/observer.ts';
import type { Base } from '../plan/stages/origins.ts';
import type { ReachedStage, StageCommand } from '../plan/stages/reach.ts';
import type { Stage } from '../plan/stages/stages.ts';
import { fewSuggestions } from './few-suggestions.ts';

export interface StageTrace {
  readonly stage: Stage;
  readonly base: Base;
  /** The config of the base where it is an image that was looked up. */
  readonly image: ImageConfig | undefined;
  readonly commands: readonly CommandTrace[];
}

export interface CommandTrace {
  readonly typed: TypedCommand;
  /** True for a trigger of the base's ONBUILD. */
  readonly triggered: boolean;
  /** The instruction; for a trigger, the FROM that fires it. */
  readonly at: Instruction;
  /** The place in this Dockerfile for one of the command's spans. */
  readonly place: (span: Span) => Span;
  /** True where an instruction above it in the stage, or in one below, is wrong: what it was to do is unknown. */
  readonly afterGap: boolean;
  /** The words that were expanded, in the order of their expansion; those that nobody can know are left out. */
  readonly words: readonly { readonly word: Word; readonly expansion: Expansion }[];
  /** Variables that are neither set nor declared, for sure: a base that was not looked up may have set any. */
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
  afterGap: boolean;
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
  readonly #suggest = fewSuggestions();

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
    const below = base.origin.kind === 'stage' ? this.#stages.get(base.origin.index) : undefined;
    const belowGap = below !== undefined && (below.afterGap || endsInGap(below.stage));
    const afterGap = belowGap || !base.known;
    this.#stage = { stage, base, image, commands: [], afterGap };
    this.#stages.set(stage.index, this.#stage);
  }

  command({ typed, triggered, afterGap }: StageCommand, { config }: Readonly<StageState>): void {
    const stage = this.#stage;
    if (stage === undefined) return;
    stage.afterGap ||= afterGap;
    const ownShell = (config.Shell?.length ?? 0) > 0;
    const from = stage.stage.from.node;
    stage.commands.push({
      typed,
      triggered,
      at: triggered ? from : typed.node,
      place: triggered ? () => from.image.span : (span) => span,
      afterGap: stage.afterGap,
      words: [],
      unset: [],
      ownShell,
    });
  }

  expanded(word: Word, expansion: Expansion, state: Readonly<StageState>): void {
    const command = this.#stage?.commands.at(-1);
    command?.words.push({ word, expansion });
    for (const name of expansion.unmatched) {
      if (state.args.has(name)) continue;
      const near = this.#suggest(name, state.variables.keys());
      command?.unset.push({ name, word, near });
    }
  }
}

function endsInGap({ gaps, commands }: Stage): boolean {
  return gaps.has(commands.length);
}
