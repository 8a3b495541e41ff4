// Everything at and below a path of a tree, in canonical order.

import type { Digest } from '../../core/digest.ts';
import { childrenOf, type TreeEntry } from './directory.ts';
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
  yield start;
  /** The directories that lead to where the walk is, each with what is left of it. */
  const open = [restOf(objects, start)];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { done, value: entry } = top.rest.next();
    if (done === true) {
      open.pop();
      continue;
    }
    const found = { path: `${top.prefix}${entry.name}`, entry };
    yield found;
    if (entry.type === 'dir') open.push(restOf(objects, found));
  }
}

function restOf(objects: ObjectStore, { path, entry }: Found) {
  const children: Iterable<TreeEntry> =
    entry.type === 'dir' ? childrenOf(objects, entry).values() : [];
  return { prefix: path === '' ? '' : `${path}/`, rest: children[Symbol.iterator]() };
}
