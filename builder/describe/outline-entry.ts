// What an outline lists: types only.

import type { Lines } from './instruction-lines.ts';

export interface OutlineArg {
  readonly name: string;
  readonly description: string;
  /** What it would be in this build; '' where nothing gives it a value. */
  readonly value: string;
  readonly lines: Lines;
}

/** A secret or an SSH agent. */
export interface OutlineNeed {
  readonly name: string;
  readonly required: boolean;
  readonly lines: Lines;
}
