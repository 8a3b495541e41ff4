// Which records a step may take: what the caller asked for, and what its author says above it.

import type { Bypass } from '../../core/step-reason.ts';

/**
 * `auto` lets a RUN that stayed offline take a record of another input, by what it read; `traced` one that used the
 * network too; `strict` takes records of the very same input only.
 */
export type CachePolicy = 'auto' | 'traced' | 'strict';

export interface Reuse {
  readonly policy: CachePolicy;
  /** Why no record is taken; what is made is recorded all the same. */
  readonly bypass: Bypass | undefined;
  /** How old a record may be, in milliseconds. */
  readonly ttl: number | undefined;
}
