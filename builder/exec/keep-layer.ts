// A layer's entries on their way into the store: its list and the tree that it makes, in one pass. What is
// written waits in memory for the database, which is given time between two batches.

import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';
import { LayerListWriter } from '../../image/layer-list.ts';
import { inBatches } from '../../image/stream/in-batches.ts';
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
  for (const batch of inBatches(entries)) {
    for (const entry of batch) {
      list.add(entry);
      applied.add(entry);
    }
    await objects.settled();
  }
  return { layer: list.finish(), tree: applied.finish() };
}

/** Puts a layer that is in the store on the tree `below` and returns the tree that it makes. Throws as `applyLayer` does. */
export async function applyKept(
  { objects }: Pick<Store, 'objects'>,
  below: Digest,
  entries: Iterable<Entry>,
): Promise<Digest> {
  const applied = new AppliedLayer(objects, below);
  for (const batch of inBatches(entries)) {
    for (const entry of batch) applied.add(entry);
    await objects.settled();
  }
  return applied.finish();
}
