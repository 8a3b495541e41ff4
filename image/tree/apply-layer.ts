// A layer on a tree gives a tree. Only the directories that the layer touches are read, copied and
// written; everything else is shared with the base by digest. No link of the base is followed: a
// layer says real paths, as overlayfs shows them (a directory over a link hides the link).

import type { Digest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import type { Entry } from '../entry.ts';
import { childrenOf, type Directory, putDirectory, readRoot, type TreeEntry } from './directory.ts';
import { DirectoryDraft } from './directory-draft.ts';
import { parentOf } from './layer-paths.ts';
import type { ObjectStore } from './object-store.ts';
import { assertInOrder } from './sort-entries.ts';

/**
 * Returns the tree that the layer's entries (in canonical order) make of the tree `base`. Directories above
 * an entry that neither has are made 0755 root; what is in the way of a directory is replaced.
 * Throws E_LAYER_INVALID for a hard link whose target is missing, E_TREE_MISSING.
 */
export function applyLayer(objects: ObjectStore, base: Digest, entries: Iterable<Entry>): Digest {
  const applied = new AppliedLayer(objects, base);
  for (const entry of entries) applied.add(entry);
  return applied.finish();
}

/**
 * The tree while the entries come in. Their order goes through each directory once, so that no more are held than lead to
 * where it is; the others are in the store already.
 */
export class AppliedLayer {
  readonly #objects: ObjectStore;
  /** The directories that lead to the one that is being changed, the root first. */
  readonly #open: DirectoryDraft[];
  #previous: Entry | undefined;

  constructor(objects: ObjectStore, base: Digest) {
    this.#objects = objects;
    this.#open = [new DirectoryDraft(objects, '', readRoot(objects, base))];
  }

  /** Takes the next entry; throws as `applyLayer` does. */
  add(entry: Entry): void {
    assertInOrder(this.#previous, entry);
    this.#previous = entry;
    const { path, type } = entry;
    if (type === 'dir') this.#enter(path).setMetadata(entry);
    else if (type === 'opaque') this.#enter(path).clear();
    else this.#addNamed(entry, type);
  }

  #addNamed(entry: Entry, type: Exclude<Entry['type'], 'dir' | 'opaque'>): void {
    const { path } = entry;
    const folder = parentOf(path);
    if (folder === undefined) {
      throw new BuildError('E_LAYER_INVALID', `the root directory cannot be a ${type}`);
    }
    const name = path.slice(folder === '' ? 0 : folder.length + 1);
    if (type === 'whiteout') this.#enterExisting(folder)?.delete(name);
    else if (type === 'hardlink') this.#enter(folder).set({ ...this.#linked(entry), name });
    else this.#enter(folder).set(treeEntryOf(entry, name, type));
  }

  /** Returns the tree, which is then in the store. */
  finish(): Digest {
    this.#leaveTo('');
    return putDirectory(this.#objects, [this.#top().seal()]);
  }

  /** The directory at `path`, made where it is missing or something else. */
  #enter(path: string): DirectoryDraft {
    for (const name of this.#leaveTo(path)) {
      const here = this.#top();
      this.#open.push(here.child(name) ?? here.make(name));
    }
    return this.#top();
  }

  /** The directory at `path`, or undefined where there is none. */
  #enterExisting(path: string): DirectoryDraft | undefined {
    for (const name of this.#leaveTo(path)) {
      const child = this.#top().child(name);
      if (child === undefined) return undefined;
      this.#open.push(child);
    }
    return this.#top();
  }

  /** Keeps the directories that do not lead to `path`, and returns the names that lead on from the one that is left. */
  #leaveTo(path: string): string[] {
    for (let draft = this.#top(); !isAtOrBelow(path, draft.path); draft = this.#top()) {
      this.#open.pop();
      this.#top().set(draft.seal());
    }
    return namesBelow(path, this.#top().path);
  }

  #top(): DirectoryDraft {
    const draft = this.#open.at(-1);
    if (draft === undefined) throw new Error('the root directory is never left');
    return draft;
  }

  #linked(entry: Entry): TreeEntry {
    const target = entry.link ?? '';
    const found = this.#find(target);
    if (found !== undefined && found.type !== 'dir') return found;
    throw new BuildError(
      'E_LAYER_INVALID',
      `the hard link ${JSON.stringify(entry.path)} points to ${JSON.stringify(target)}, which ${
        found === undefined ? 'does not exist' : 'is a directory'
      }`,
    );
  }

  /** What is at `path` now; the root is not looked for. */
  #find(path: string): TreeEntry | undefined {
    const folder = parentOf(path);
    const above = this.#open.findLast((draft) => isAtOrBelow(folder ?? '', draft.path));
    if (folder === undefined || above === undefined) return undefined;
    let directory: Pick<Directory, 'get'> = above;
    for (const name of namesBelow(folder, above.path)) {
      const child = directory.get(name);
      if (child?.type !== 'dir') return undefined;
      directory = childrenOf(this.#objects, child);
    }
    return directory.get(path.slice(path.lastIndexOf('/') + 1));
  }
}

function treeEntryOf(
  entry: Entry,
  name: string,
  type: Exclude<TreeEntry['type'], 'dir'>,
): TreeEntry {
  const { mode, uid, gid, size, digest, link, major, minor, xattrs } = entry;
  // Most entries, each of them made in one piece.
  if (type === 'file' && digest !== undefined && xattrs === undefined)
    return { name, type, mode, uid, gid, size, digest };
  return {
    name,
    type,
    mode,
    uid,
    gid,
    size: type === 'file' ? size : 0,
    ...(digest === undefined ? {} : { digest }),
    ...(link === undefined ? {} : { link }),
    ...(type === 'char' || type === 'block' ? { major: major ?? 0, minor: minor ?? 0 } : {}),
    ...(xattrs === undefined ? {} : { xattrs }),
  };
}

function isAtOrBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** The names that lead from `folder` to `path`, which is there or below. */
function namesBelow(path: string, folder: string): string[] {
  if (path === folder) return [];
  return path.slice(folder === '' ? 0 : folder.length + 1).split('/');
}
