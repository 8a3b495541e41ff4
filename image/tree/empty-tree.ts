// The tree of an empty image: a root directory, 0755 and root's, with nothing in it.

import type { Digest } from '../../core/digest.ts';
import { putDirectory, type TreeEntry } from './directory.ts';
import type { ObjectStore } from './object-store.ts';

/** Keeps the empty tree and returns it. */
export function emptyTree(objects: ObjectStore): Digest {
  const root: TreeEntry = {
    name: '',
    type: 'dir',
    mode: 0o755,
    uid: 0,
    gid: 0,
    size: 0,
    digest: putDirectory(objects, []),
  };
  return putDirectory(objects, [root]);
}
