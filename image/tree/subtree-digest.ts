// The identity of a selected file or directory: for keys of what copies or mounts it.

import { type Digest, sha256 } from '../../core/digest.ts';
import { rowOf } from './directory.ts';
import { lookup } from './lookup.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * Returns a digest of the content and metadata at the real path `path` and below, its own name left out;
 * undefined where nothing is there. No link is followed in the last component. Throws E_SYMLINK_LOOP, E_TREE_MISSING.
 */
export function subtreeDigest(
  objects: ObjectStore,
  tree: Digest,
  path: string,
): Digest | undefined {
  const found = lookup(objects, tree, path, { follow: 'parent' });
  if (found === undefined) return undefined;
  return sha256(`slipway-subtree-1\n${JSON.stringify(rowOf({ ...found.entry, name: '' }))}`);
}
