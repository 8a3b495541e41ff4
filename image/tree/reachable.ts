// Which directory objects some trees are made of: what a prune must keep.

import type { Digest } from '../../core/digest.ts';
import { objectsBelow } from './directory.ts';
import type { ObjectStore } from './object-store.ts';

/** Returns the digests of every directory object of `trees`, their root objects included. Missing objects end their branch. */
export function reachableObjects(objects: ObjectStore, trees: readonly Digest[]): Set<Digest> {
  const reached = new Set<Digest>();
  const waiting = [...trees];
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (reached.has(digest) || objects.get(digest) === undefined) continue;
    reached.add(digest);
    for (const below of objectsBelow(objects, digest)) waiting.push(below);
  }
  return reached;
}
