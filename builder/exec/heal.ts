// A store that has lost or changed something heals: whatever finds the damage removes what is damaged, the records
// that need it go too, and the build begins again. So its steps run anew that have no result any more, and no others.

import type { CacheRecord } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { isBuildError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import { LayerList } from '../../image/layer-list.ts';
import { objectsBelow } from '../../image/tree/directory.ts';

/** What a damaged store makes of a build that would otherwise work. */
const DAMAGES: ReadonlySet<string> = new Set([
  'E_TREE_MISSING',
  'E_STORE_CORRUPT',
  'E_BLOB_CORRUPT',
  'E_BLOB_MISSING',
]);

/** So often a build begins again: each time something else may turn out to be damaged. */
const TRIES = 5;

/** Returns the result of `work`, which is begun again where the store was damaged. */
export async function healing<T>(
  store: Store,
  { events, signal }: { readonly events: EventSink; readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  for (let left = TRIES; ; left--) {
    try {
      return await work();
    } catch (error) {
      const isDamage = isBuildError(error) && DAMAGES.has(error.code);
      if (!isDamage || left === 0 || signal.aborted) throw error;
      await removeDamaged(store);
      events({
        event: 'choice',
        subject: 'store',
        chosen: 'begin again, and run what it has lost',
        why: error.message,
      });
    }
  }
}

/**
 * Removes every object that is not what its name says, of a record or not: one that is there is not put again. What this
 * build has recorded is committed first, since only that is listed.
 */
async function removeDamaged(store: Store): Promise<void> {
  await store.flush();
  for (const { digest } of store.objects.list()) store.objects.get(digest);
  for (const { key } of brokenRecords(store)) store.records.delete(key);
  await store.flush();
}

/** The records whose trees or lists of layers the store does not have whole: every object is read, and so checked. */
export function brokenRecords({
  records,
  objects,
}: Pick<Store, 'records' | 'objects'>): CacheRecord[] {
  const known = new Map<Digest, boolean>();
  const isWhole = (digest: Digest): boolean => {
    const found = known.get(digest);
    if (found !== undefined) return found;
    const whole = look(digest);
    known.set(digest, whole);
    return whole;
  };
  const isWholeList = (layer: Digest): boolean =>
    LayerList.open(objects, layer)?.parts.every((part) => objects.get(part) !== undefined) === true;
  const look = (digest: Digest): boolean =>
    objects.get(digest) !== undefined && objectsBelow(objects, digest).every(isWhole);
  return [...records.list()].filter(
    ({ tree, layers }) => !isWhole(tree) || !layers.every(isWholeList),
  );
}
