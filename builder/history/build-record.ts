// What is kept of a build: which steps it had, and why each of them was run or reused. Small, and of itself
// complete: it says something also when the records that it names have left the cache.

import type { StepEnded, StepStatus } from '../../core/events.ts';

export const HISTORY_FORMAT = 1;

export interface BuildRecord {
  readonly format: typeof HISTORY_FORMAT;
  /** As builder/log/build-id.ts makes it: the build's log has the same name. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly ms: number;
  readonly ok: boolean;
  /** Of the error that it ended by. */
  readonly code?: string | undefined;
  readonly dockerfile: string;
  /** Where the context came from; '' is none. */
  readonly context: string;
  readonly target: string;
  /** Names of the build arguments that were given; values are nobody's business here. */
  readonly args: readonly string[];
  readonly steps: readonly StepRecord[];
}

/** What the event at a step's end tells of it, and where it stands in the build. */
export interface StepRecord extends Omit<StepEnded, 'event' | 'status'> {
  /** `base`, `copy`, `run`, ... */
  readonly kind: string;
  /** `Dockerfile:7`. */
  readonly place?: string | undefined;
  /** The steps whose results it starts from, its input first. */
  readonly inputs: readonly number[];
  /** `waiting`: the build ended before its turn. */
  readonly status: StepStatus | 'waiting';
}
