// Directories that a layer leaves out although it has something in them. A tar need not name them;
// a folder must have them, and in a stack of folders the topmost one's mode and owner count. So a
// layer gets them with the metadata that the layers below give them.

import type { Digest } from '../../core/digest.ts';
import type { Entry } from '../entry.ts';
import { lookup } from './lookup.ts';
import type { ObjectStore } from './object-store.ts';
import { sortEntries } from './sort-entries.ts';

/** Returns `entries` (canonical) with the missing parents as `below`, the tree under the layer, has them; else 0755 and root's. */
export function completeParents(
  objects: ObjectStore,
  below: Digest,
  entries: readonly Entry[],
): readonly Entry[] {
  const present = new Set(entries.flatMap((entry) => (entry.type === 'dir' ? [entry.path] : [])));
  const missing: Entry[] = [];
  for (const { path, type, mtime } of entries) {
    // An opaque mark needs its own directory too, where the layer says nothing else of it.
    const needed = type === 'opaque' ? `${path}/` : path;
    for (let at = needed.indexOf('/'); at > 0; at = needed.indexOf('/', at + 1)) {
      const parent = needed.slice(0, at);
      if (present.has(parent)) continue;
      present.add(parent);
      const there = lookup(objects, below, parent, { follow: 'parent' })?.entry;
      const { mode, uid, gid } = there?.type === 'dir' ? there : { mode: 0o755, uid: 0, gid: 0 };
      const xattrs = there?.type === 'dir' ? there.xattrs : undefined;
      missing.push({
        path: parent,
        type: 'dir',
        mode,
        uid,
        gid,
        mtime,
        size: 0,
        ...(xattrs === undefined ? {} : { xattrs }),
      });
    }
  }
  return missing.length === 0 ? entries : sortEntries([...entries, ...missing]);
}
