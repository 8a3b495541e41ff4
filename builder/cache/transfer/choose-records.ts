// Which records an export takes: those that are asked for, and those that made the trees that they were run on, without
// which nobody could use them.

import { type CacheRecord, inputTreeOf } from '../../../cache/records.ts';
import type { Digest } from '../../../core/digest.ts';

/**
 * Returns the records that `wanted` says, with those below them, each behind what it was run on. One that was run on what
 * no record makes is left out. `empty` is the tree of nothing.
 */
export function chooseRecords(
  records: readonly CacheRecord[],
  wanted: (record: CacheRecord) => boolean,
  empty: Digest,
): CacheRecord[] {
  const makers = new Map<Digest, CacheRecord>();
  // A step that changes nothing makes what it was run on: that is no way to have it.
  for (const record of records) {
    const { tree } = record;
    if (tree !== inputTreeOf(record) && !makers.has(tree)) makers.set(tree, record);
  }
  const chosen = new Set<CacheRecord>();
  const failed = new Set<CacheRecord>();
  const take = (record: CacheRecord, above: ReadonlySet<CacheRecord>): boolean => {
    if (chosen.has(record)) return true;
    if (failed.has(record) || above.has(record)) return false;
    const input = inputTreeOf(record);
    const isBottom = input === undefined || input === empty;
    const maker = isBottom ? undefined : makers.get(input);
    const isThere = isBottom || (maker !== undefined && take(maker, new Set([...above, record])));
    (isThere ? chosen : failed).add(record);
    return isThere;
  };
  for (const record of records) if (wanted(record)) take(record, new Set());
  return [...chosen];
}
