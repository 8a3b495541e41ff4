// Whether the trees of imported records are what their layers make of what they were run on. The lists of those layers are in
// the store, and were checked.

import { setImmediate as breathe } from 'node:timers/promises';
import { type CacheRecord, inputTreeOf } from '../../../cache/records.ts';
import type { Store } from '../../../cache/store.ts';
import type { Digest } from '../../../core/digest.ts';
import { BuildError } from '../../../core/errors.ts';
import { safeText } from '../../../core/safe-text.ts';
import { LayerList } from '../../../image/layer-list.ts';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { damaged } from './damaged.ts';

/** Makes the tree of each record, from those up that start with nothing. Throws E_CACHE_ARCHIVE. */
export async function checkTrees(
  store: Store,
  records: readonly CacheRecord[],
  place: string,
  signal: AbortSignal,
): Promise<void> {
  for (const record of ordered(records, emptyTree(store.objects), place)) {
    signal.throwIfAborted();
    checkTree(store, record, place);
    await breathe();
  }
}

/** Puts each record behind the one that made what it was run on. Throws E_CACHE_ARCHIVE where that is not there. */
function ordered(
  records: readonly CacheRecord[],
  empty: Digest,
  place: string,
): readonly CacheRecord[] {
  const waiting = new Map<Digest, CacheRecord[]>();
  for (const record of records) {
    const input = inputTreeOf(record) ?? empty;
    const others = waiting.get(input);
    if (others === undefined) waiting.set(input, [record]);
    else others.push(record);
  }
  const done: CacheRecord[] = [];
  const made = [empty];
  for (let tree = made.pop(); tree !== undefined; tree = made.pop()) {
    const ready = waiting.get(tree) ?? [];
    waiting.delete(tree);
    done.push(...ready);
    made.push(...ready.map((record) => record.tree));
  }
  const [left] = [...waiting.values()].flat();
  if (left === undefined) return done;
  throw new BuildError('E_CACHE_ARCHIVE', `${place} lacks what ${safeText(left.step)} was run on`);
}

/** Makes the record's tree of its input and its layers, whose lists are there. */
function checkTree(store: Store, record: CacheRecord, place: string): void {
  let tree = inputTreeOf(record) ?? emptyTree(store.objects);
  for (const id of record.layers) {
    tree = applyLayer(store.objects, tree, LayerList.open(store.objects, id) ?? []);
  }
  if (tree !== record.tree)
    throw damaged(place, `the result of ${safeText(record.step)} is not its layers'`);
}
