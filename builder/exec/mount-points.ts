// Mount points that the input tree lacks. The runner makes them in a layer of its own that is thrown
// away, so that no layer of the image ever shows what was mounted.

import type { Digest } from '../../core/digest.ts';
import { lookup, resolvePath } from '../../image/tree/lookup.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';

export interface MountPoint {
  /** Absolute inside the image. */
  readonly target: string;
  readonly kind: 'dir' | 'file';
}

/** The runner's words for the stubs that `points` need, parents first. Throws E_SYMLINK_LOOP. */
export function stubWords(
  objects: ObjectStore,
  tree: Digest,
  points: readonly MountPoint[],
): string[] {
  const stubs = new Map<string, readonly string[]>();
  for (const { target, kind } of points) {
    const { path, entry } = resolvePath(objects, tree, target, { follow: 'all' });
    if (entry !== undefined) continue;
    const parts = path.split('/');
    for (let length = 1; length < parts.length; length++) {
      const parent = parts.slice(0, length).join('/');
      if (stubs.has(parent)) continue;
      const there = lookup(objects, tree, parent, { follow: 'parent' })?.entry;
      stubs.set(parent, directoryWords(parent, there ?? { mode: 0o755, uid: 0, gid: 0 }));
    }
    if (stubs.has(path)) continue;
    const made = { mode: 0o755, uid: 0, gid: 0 };
    stubs.set(path, kind === 'dir' ? directoryWords(path, made) : ['stub-file', path]);
  }
  return [...stubs.values()].flat();
}

function directoryWords(
  path: string,
  { mode, uid, gid }: { readonly mode: number; readonly uid: number; readonly gid: number },
): readonly string[] {
  return ['stub-dir', path, mode.toString(8), String(uid), String(gid)];
}
