// What is kept of a build: which steps it had, and why each of them was run or reused. Small, and of itself
// complete: it says something also when the records that it names have left the cache.

import type { Digest } from '../../core/digest.ts';
import type { StepStatus, StepUsage } from '../../core/events.ts';
import type { PathOrigin } from '../../core/path-origin.ts';
import type { Observation, StepReason } from '../../core/step-reason.ts';

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

export interface StepRecord {
  /** The vertex of the graph. */
  readonly id: number;
  /** As it is shown: `[build 2/5] RUN npm ci`. */
  readonly step: string;
  /** `base`, `copy`, `run`, ... */
  readonly kind: string;
  /** `Dockerfile:7`. */
  readonly place?: string | undefined;
  /** The steps whose results it starts from, its input first. */
  readonly inputs: readonly number[];
  /** `waiting`: the build ended before its turn. */
  readonly status: StepStatus | 'waiting';
  readonly reason: string;
  readonly cause?: StepReason | undefined;
  readonly origins?: readonly PathOrigin[] | undefined;
  readonly key?: Digest | undefined;
  readonly ms: number;
  readonly madeMs?: number | undefined;
  readonly exitCode?: number | undefined;
  readonly usage?: StepUsage | undefined;
  readonly observed?: Observation | undefined;
}
