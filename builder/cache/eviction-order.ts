// In which order things leave the cache: what was used least recently first, and of a chain of steps always the
// last first. A step whose result is gone runs again only if what it builds on is still there.

import { inputTreeOf } from '../../cache/records.ts';
import type { Item } from './item.ts';

interface Below {
  /** The last use of anything that builds on a tree. */
  readonly used: number;
  /** The length of the longest chain of steps on it. */
  readonly height: number;
}

const NOTHING: Below = { used: 0, height: 0 };

/** Returns `items`, the first to go first. `now` is in milliseconds since the epoch. */
export function evictionOrder(items: readonly Item[], now: number): Item[] {
  const below = stepsBelow(items, now);
  const ranks = new Map(
    items.map((item) => {
      const on = item.record === undefined ? NOTHING : below(item.record.tree);
      return [item, { used: Math.max(usedBy(item, now), on.used), height: on.height }];
    }),
  );
  const rank = (item: Item): Below => ranks.get(item) ?? NOTHING;
  return [...items].sort(
    (a, b) =>
      rank(a).used - rank(b).used || rank(a).height - rank(b).height || a.created - b.created,
  );
}

/** A clock that was wrong for a while must not keep anything for ever. */
function usedBy({ lastUsed }: Item, now: number): number {
  return Math.min(lastUsed, now);
}

/** Tells of a tree what builds on it. Steps may lead back to a tree that was there before: such a circle ends where it closes. */
function stepsBelow(items: readonly Item[], now: number): (tree: string) => Below {
  const byInput = new Map<string, Item[]>();
  for (const item of items) {
    const input = item.record && inputTreeOf(item.record);
    if (input === undefined) continue;
    const others = byInput.get(input);
    if (others === undefined) byInput.set(input, [item]);
    else others.push(item);
  }
  const known = new Map<string, Below>();
  const look = (tree: string): Below => {
    const found = known.get(tree);
    if (found !== undefined) return found;
    known.set(tree, NOTHING);
    let { used, height } = NOTHING;
    for (const item of byInput.get(tree) ?? []) {
      const further = item.record === undefined ? NOTHING : look(item.record.tree);
      used = Math.max(used, usedBy(item, now), further.used);
      height = Math.max(height, 1 + further.height);
    }
    const below = { used, height };
    known.set(tree, below);
    return below;
  };
  return look;
}
