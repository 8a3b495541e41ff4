// Everything at and below a path of a tree, in canonical order.

import type { Digest } from '../../core/digest.ts';
import { childrenOf } from './directory.ts';
import { type Found, lookup } from './lookup.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * Yields what is at the real path `path` and, of a directory, everything below it: parents first, siblings by
 * the bytes of their names. Nothing where nothing is there. No link is followed. Throws E_TREE_MISSING.
 */
export function* walk(objects: ObjectStore, tree: Digest, path: string): Generator<Found> {
  const start = lookup(objects, tree, path, { follow: 'parent' });
  if (start !== undefined) yield* walkFrom(objects, start);
}

/** Yields `start` and everything below it, as `walk` does. */
export function* walkFrom(objects: ObjectStore, start: Found): Generator<Found> {
  const pending: Found[] = [start];
  for (let found = pending.pop(); found !== undefined; found = pending.pop()) {
    yield found;
    if (found.entry.type !== 'dir') continue;
    const prefix = found.path === '' ? '' : `${found.path}/`;
    const children = [...childrenOf(objects, found.entry).values()];
    for (const entry of children.reverse()) {
      pending.push({ path: `${prefix}${entry.name}`, entry });
    }
  }
}
