// The canonical form of a layer's entries, and the check that they come in it.

import type { Entry } from '../entry.ts';
import { compareEntries, LayerIndex } from './layer-index.ts';

/**
 * Returns the entries in canonical order (path-order.ts), each path once (the last entry holds), an
 * opaque entry right after its directory, and the first name of a file as the file, the others as hard links
 * to it. Throws E_LAYER_INVALID for entries that contradict each other.
 */
export function sortEntries(entries: readonly Entry[]): Entry[] {
  const index = new LayerIndex();
  for (const entry of entries) index.add(entry);
  return index.finish();
}

/** Throws a plain Error unless `entry` comes after `previous`: entries that are stored or written must be in canonical order. */
export function assertInOrder(previous: Entry | undefined, entry: Entry): void {
  if (previous === undefined || compareEntries(previous, entry) < 0) return;
  throw new Error(
    `entries out of order: ${JSON.stringify(previous.path)} before ${JSON.stringify(entry.path)}`,
  );
}
