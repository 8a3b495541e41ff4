// A layer's entries on their way into the store: its list and the tree that it makes, in one pass. What is
// written waits in memory for the database, which is given time now and then.

import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { LARGE_BUILD, limitHeapGrowth } from '../../core/heap-growth.ts';
import type { Entry } from '../../image/entry.ts';
import { LayerListWriter } from '../../image/layer-list.ts';
import { AppliedLayer } from '../../image/tree/apply-layer.ts';

export interface KeptLayer {
  readonly layer: Digest;
  readonly tree: Digest;
}

/** Keeps the layer of `entries` (in canonical order) and what it makes of the tree `below`. Throws as `applyLayer` does. */
export async function keepLayer(
  { objects }: Pick<Store, 'objects'>,
  below: Digest,
  entries: Iterable<Entry>,
): Promise<KeptLayer> {
  const list = new LayerListWriter(objects);
  const applied = new AppliedLayer(objects, below);
  await forEach(objects, entries, (entry) => {
    list.add(entry);
    applied.add(entry);
  });
  return { layer: list.finish(), tree: applied.finish() };
}

/** Puts a layer that is in the store on the tree `below` and returns the tree that it makes. Throws as `applyLayer` does. */
export async function applyKept(
  { objects }: Pick<Store, 'objects'>,
  below: Digest,
  entries: Iterable<Entry>,
): Promise<Digest> {
  const applied = new AppliedLayer(objects, below);
  await forEach(objects, entries, (entry) => applied.add(entry));
  return applied.finish();
}

/** After so many entries the database gets time. */
const TURN = 8192;

async function forEach(
  objects: Store['objects'],
  entries: Iterable<Entry>,
  take: (entry: Entry) => void,
): Promise<void> {
  let taken = 0;
  for (const entry of entries) {
    take(entry);
    if (++taken % TURN !== 0) continue;
    if (taken > LARGE_BUILD) limitHeapGrowth();
    await objects.settled();
  }
}
