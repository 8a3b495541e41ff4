// Whether a RUN is observed while it runs. Observation costs a little for every path that a step looks up, and pays when
// its record is used on another input. A step that has cost much and was never paid for is observed no more: its
// records have another key as soon as its command changes, and then it is tried anew.

import type { CacheRecord } from '../../cache/records.ts';
import type { Observation } from '../../core/step-reason.ts';
import type { Reuse } from './reuse.ts';

/** So often a step is observed before its cost counts. */
const TRIES = 3;

/** The part of a step's processor time that is too much; that of a busy machine's clock says nothing. */
const TOO_MUCH = 0.1;

/** Less than this in a run is not worth being saved, whatever part it is of a step that mostly waits. */
const LITTLE_MS = 50;

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
  const tries = others.flatMap(({ observed, usage, ms }) => {
    const time = usage === undefined ? ms : usage.userMs + usage.systemMs;
    return observed === undefined ? [] : [{ cost: observed.supervisorMs, time }];
  });
  const cost = tries.reduce((sum, each) => sum + each.cost, 0);
  const time = tries.reduce((sum, each) => sum + each.time, 0);
  const isMuch = cost > TOO_MUCH * time && cost > LITTLE_MS * tries.length;
  return tries.length >= TRIES && isMuch;
}
