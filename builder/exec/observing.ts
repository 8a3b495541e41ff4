// Whether a RUN is observed while it runs. Observation costs a little for every path that a step looks up, and pays when
// its record is used on another input. A step that has cost much and was never paid for is observed no more: its
// records have another key as soon as its command changes, and then it is tried anew.

import type { CacheRecord } from '../../cache/records.ts';
import type { Observation } from '../../core/step-reason.ts';
import type { Reuse } from './reuse.ts';

/** So often a step is observed before its cost counts. */
const TRIES = 3;

/** The part of a step's time that is too much. */
const TOO_MUCH = 0.1;

/** Said of a step that is observed no more; its next record is looked at for it. */
const GAVE_UP = 'seeing what it reads has cost much and was never of use';

/** Said of a step that failed while it was observed and signals came, and was run again unobserved. */
const WAS_DISTURBED =
  'it failed while signals interrupted calls that were being seen, and was run again unobserved';

/** Whether to observe, or what to record instead. */
export type Observing =
  | { readonly kind: 'observe' }
  | { readonly kind: 'no' }
  | { readonly kind: 'gave-up'; readonly observed: Observation };

/** What is recorded of a step that had to be run again unobserved; its next runs are not observed either. */
export function disturbed(): Observation {
  return { reads: undefined, incomplete: WAS_DISTURBED, ...NOTHING_SEEN };
}

const NOTHING_SEEN = { network: false, calls: 0, supervisorMs: 0 };

/** `others`: the last records of the step, newest first, whatever their inputs. */
export function observing({ policy, bypass }: Reuse, others: readonly CacheRecord[]): Observing {
  if (policy === 'strict' || bypass === 'cache=none') return { kind: 'no' };
  // Whoever asks for it by name gets it.
  const incomplete = policy === 'traced' ? undefined : whyGivenUp(others);
  if (incomplete === undefined) return { kind: 'observe' };
  return { kind: 'gave-up', observed: { reads: undefined, incomplete, ...NOTHING_SEEN } };
}

function whyGivenUp(others: readonly CacheRecord[]): string | undefined {
  const last = others[0]?.observed?.incomplete;
  if (last === WAS_DISTURBED) return last;
  return hasGivenUp(others) ? GAVE_UP : undefined;
}

function hasGivenUp(others: readonly CacheRecord[]): boolean {
  if (others[0]?.observed?.incomplete === GAVE_UP) return true;
  if (others.some(({ from }) => from !== undefined)) return false;
  const tries = others.flatMap(({ observed, ms }) => (observed ? [{ ...observed, ms }] : []));
  const cost = tries.reduce((sum, { supervisorMs }) => sum + supervisorMs, 0);
  const time = tries.reduce((sum, { ms }) => sum + ms, 0);
  return tries.length >= TRIES && cost > TOO_MUCH * time;
}
