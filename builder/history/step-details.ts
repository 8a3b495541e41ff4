// What the cache still knows of a step of a kept build, beyond the build's own record: the values of what changed in its
// key, and what it read. Records leave the cache before builds leave the history: then there is nothing to tell.

import type { CacheRecord } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { listReads, type Read } from '../../image/reads/read-set.ts';
import { argText } from '../plan/apply/history.ts';
import type { StepRecord } from './build-record.ts';

/** A line of a part of the key that is another: a variable, a mount, a user. */
export interface ValueChange {
  readonly part: string;
  /** A variable's name; '' where the part is one value. */
  readonly name: string;
  /** Undefined where it was not there, or is not there any more. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Parts whose values are digests or trees: the reason says of these what a person can read. */
const UNREADABLE: ReadonlySet<string> = new Set([
  'input tree',
  'sources',
  'what it touches',
  'op',
  'hard links',
]);

/** What changed in the step's key, as values; secrets among the variables are `***`. */
export function changedValues(
  { records }: Pick<Store, 'records'>,
  step: StepRecord,
): ValueChange[] {
  const { cause, key } = step;
  if (cause?.kind !== 'parts' || key === undefined) return [];
  const before = records.get(cause.record);
  const after = records.get(key);
  if (before === undefined || after === undefined) return [];
  return cause.changes
    .filter(({ name }) => !UNREADABLE.has(name))
    .flatMap(({ name }) => differences(name, partOf(before, name), partOf(after, name)));
}

function partOf({ parts }: CacheRecord, name: string): string {
  return parts.find(([part]) => part === name)?.[1] ?? '';
}

function differences(part: string, before: string, after: string): ValueChange[] {
  if (part !== 'environment' && part !== 'mounts') return [{ part, name: '', before, after }];
  const [old, now] = [named(part, before), named(part, after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) => {
      const shown = (value: string | undefined) =>
        value !== undefined && part === 'environment' ? argText(name, value) : value;
      return { part, name, before: shown(old.get(name)), after: shown(now.get(name)) };
    });
}

/** The lines of a part by what they are of: a variable's name, a mount's type and target. */
function named(part: string, text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      if (part === 'mounts')
        return [line.split(' ', 2).join(' '), line.split(' ').slice(2).join(' ')];
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

export type StepReads =
  | { readonly kind: 'known'; readonly reads: readonly Read[] }
  /** Why it is not known what the step read. */
  | { readonly kind: 'unknown'; readonly why: string };

/** What the step read, of its own run or of the one whose result it got. */
export function readsOf({ records, objects }: Store, step: StepRecord): StepReads {
  const unknown = (why: string): StepReads => ({ kind: 'unknown', why });
  if (step.kind !== 'run') return unknown('only what a RUN reads is observed');
  const record = step.key === undefined ? undefined : records.get(step.key);
  const gone = 'its record is no longer in the cache';
  const observed = record?.observed ?? step.observed;
  if (observed === undefined) {
    return unknown(record === undefined ? gone : 'it was not observed');
  }
  if (observed.reads === undefined)
    return unknown(observed.incomplete ?? 'it was not fully observed');
  const reads = [...listReads(objects, observed.reads)].filter(({ uses }) => uses !== '');
  return reads.length === 0
    ? unknown(record === undefined ? gone : 'the cache has lost it')
    : { kind: 'known', reads };
}
