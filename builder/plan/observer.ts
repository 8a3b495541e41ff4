// How lint looks on while the planner works: types only. An observer changes nothing and must not throw.

import type { Word } from '../../grammar/ast.ts';
import type { StageState } from './apply/stage-state.ts';
import type { Expansion } from './expand/expand.ts';
import type { ReachedStage, StageCommand } from './stages/reach.ts';

export interface PlanObserver {
  /** Called before the stage's first command. */
  stage(stage: ReachedStage): void;
  /** Called before the command is applied to `state`. */
  command(command: StageCommand, state: Readonly<StageState>): void;
  /** Called for each word of the command before, as soon as it is expanded. */
  expanded(word: Word, expansion: Expansion, state: Readonly<StageState>): void;
}
