// What a COPY or WORKDIR sees of the image that it changes, and a digest of all that it saw. Another image
// in which it would see the same takes the same change: so a layer is reused although what lies below it
// is another image by now. Whatever is asked of the tree must be asked here.

import { canonicalJson } from '../../core/canonical.ts';
import { type Digest, finishDigest, startDigest } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';
import { lookup, resolvePath } from '../../image/tree/lookup.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';

/** What stands at a path, as much of it as decides where something goes and what directories keep. */
export type Standing =
  | ({ readonly type: 'dir' } & Pick<Entry, 'mode' | 'uid' | 'gid' | 'xattrs'>)
  | { readonly type: 'symlink'; readonly link: string }
  | { readonly type: Exclude<Entry['type'], 'dir' | 'symlink'> };

export interface Way {
  /** Where a path leads, links followed, whether or not anything is there. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** What is no directory and on the way, so that the path leads nowhere. */
  readonly inTheWay: string | undefined;
}

export class TreeSight {
  readonly #objects: ObjectStore;
  readonly #tree: Digest;
  readonly #seen = startDigest();
  /** The last path at which there was nothing: nor is there anything below it, here or where that is so too. */
  #absent: string | undefined;

  constructor(objects: ObjectStore, tree: Digest) {
    this.#objects = objects;
    this.#tree = tree;
    this.#seen.update('slipway-sight/2\n');
  }

  /** Where `path` leads. Throws E_SYMLINK_LOOP. */
  resolve(path: string): Way {
    const {
      path: real,
      entry,
      existing,
    } = resolvePath(this.#objects, this.#tree, path, {
      follow: 'all',
    });
    const blocked = existing.path !== real && existing.entry.type !== 'dir';
    const inTheWay = blocked ? existing.path : undefined;
    const isDirectory = entry?.type === 'dir';
    this.#note('way', path, real, isDirectory, inTheWay ?? null);
    return { path: real, isDirectory, inTheWay };
  }

  /** What is at the real path, itself and not what it leads to. */
  at(path: string): Standing | undefined {
    if (this.#absent !== undefined && path.startsWith(`${this.#absent}/`)) return undefined;
    const found = lookup(this.#objects, this.#tree, path, { follow: 'parent' });
    const standing = found === undefined ? undefined : standingOf(found.entry);
    this.#note('at', path, standing ?? null);
    if (standing === undefined) this.#absent = path;
    return standing;
  }

  /** The digest of all questions so far and their answers. Nothing may be asked afterwards. */
  digest(): Digest {
    return finishDigest(this.#seen);
  }

  #note(...seen: Parameters<typeof canonicalJson>[0][]): void {
    this.#seen.update(`${canonicalJson(seen)}\n`);
  }
}

/** As much of an entry as a `Standing` has. */
export function standingOf(
  entry: Omit<Entry, 'path' | 'mtime' | 'digest' | 'type'> & { type: Entry['type'] },
): Standing {
  const { type, mode, uid, gid, xattrs, link } = entry;
  if (type === 'symlink') return { type, link: link ?? '' };
  if (type !== 'dir') return { type };
  return { type, mode, uid, gid, ...(xattrs === undefined ? {} : { xattrs }) };
}
