// Which items leave the store so that at most so many bytes stay: never more of them than it takes.

import type { Digest } from '../../core/digest.ts';
import { evictionOrder } from './eviction-order.ts';
import type { Item } from './item.ts';
import type { Stock } from './stock.ts';

export interface Choice {
  readonly chosen: ReadonlySet<Item>;
  /** Bytes of disk that the cache held, and would hold without them; what images need is in neither. */
  readonly before: number;
  readonly after: number;
}

/**
 * Chooses among the `eligible` items until no more bytes are left than `keep` says (of those that are held now); 0
 * chooses all of them.
 */
export function chooseItems(
  stock: Stock,
  items: readonly Item[],
  eligible: (item: Item) => boolean,
  keep: (held: number) => number,
): Choice {
  const users = countNeeds(items);
  const sizeOf = (digest: Digest): number =>
    stock.layers.get(digest) ?? (stock.imageBlobs.has(digest) ? 0 : (stock.blobs.get(digest) ?? 0));
  let held = items.reduce((sum, { ownBytes }) => sum + ownBytes, 0);
  for (const digest of users.keys()) held += sizeOf(digest);
  const before = held;
  const most = keep(held);
  const chosen = new Set<Item>();
  for (const item of evictionOrder(items.filter(eligible), Date.now())) {
    if (most > 0 && held <= most) break;
    chosen.add(item);
    held -= item.ownBytes;
    for (const digest of [...item.layers, ...item.blobs]) {
      const left = (users.get(digest) ?? 0) - 1;
      users.set(digest, left);
      if (left === 0) held -= sizeOf(digest);
    }
  }
  return { chosen, before, after: held };
}

function countNeeds(items: readonly Item[]): Map<Digest, number> {
  const users = new Map<Digest, number>();
  for (const { layers, blobs } of items) {
    for (const digest of [...layers, ...blobs]) users.set(digest, (users.get(digest) ?? 0) + 1);
  }
  return users;
}
