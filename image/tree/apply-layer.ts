// A layer on a tree gives a tree. Only the directories that the layer touches are read, copied and
// written; everything else is shared with the base by digest. No link of the base is followed: a
// layer says real paths, as overlayfs shows them (a directory over a link hides the link).

import type { Digest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import type { Entry } from '../entry.ts';
import { childrenOf, putDirectory, readRoot, type TreeEntry } from './directory.ts';
import { parentOf } from './layer-paths.ts';
import type { ObjectStore } from './object-store.ts';
import { assertCanonical } from './sort-entries.ts';

/**
 * Returns the tree that the layer's entries (in canonical order) make of the tree `base`. Directories above
 * an entry that neither has are made 0755 root; what is in the way of a directory is replaced.
 * Throws E_LAYER_INVALID for a hard link whose target is missing, E_TREE_MISSING.
 */
export function applyLayer(objects: ObjectStore, base: Digest, entries: readonly Entry[]): Digest {
  assertCanonical(entries);
  const root = new Draft(objects, readRoot(objects, base));
  for (const entry of entries) applyEntry(root, entry);
  return putDirectory(objects, [root.seal()]);
}

function applyEntry(root: Draft, entry: Entry): void {
  const parentPath = parentOf(entry.path);
  switch (entry.type) {
    case 'dir':
      root.open(entry.path).setMetadata(entry);
      return;
    case 'opaque':
      root.open(entry.path).clear();
      return;
  }
  if (parentPath === undefined) {
    throw new BuildError('E_LAYER_INVALID', `the root directory cannot be a ${entry.type}`);
  }
  const name = entry.path.slice(parentPath === '' ? 0 : parentPath.length + 1);
  if (entry.type === 'whiteout') root.openExisting(parentPath)?.remove(name);
  else if (entry.type === 'hardlink') root.open(parentPath).set({ ...linked(root, entry), name });
  else root.open(parentPath).set(treeEntryOf(entry, name, entry.type));
}

function linked(root: Draft, entry: Entry): TreeEntry {
  const target = entry.link ?? '';
  const parentPath = parentOf(target);
  const parent = parentPath === undefined ? undefined : root.openExisting(parentPath);
  const found = parent?.get(target.slice(target.lastIndexOf('/') + 1));
  if (found !== undefined && found.type !== 'dir') return found;
  throw new BuildError(
    'E_LAYER_INVALID',
    `the hard link ${JSON.stringify(entry.path)} points to ${JSON.stringify(target)}, which ${
      found === undefined ? 'does not exist' : 'is a directory'
    }`,
  );
}

function treeEntryOf(
  entry: Entry,
  name: string,
  type: Exclude<TreeEntry['type'], 'dir'>,
): TreeEntry {
  const { mode, uid, gid, size, digest, link, major, minor, xattrs } = entry;
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

/** A directory that is being changed. Its entries are read when the first of them is asked for. */
class Draft {
  readonly #objects: ObjectStore;
  #entry: TreeEntry;
  #children: Map<string, TreeEntry> | undefined;
  readonly #drafts = new Map<string, Draft>();
  /** Of the root: the directory that was opened last, since entries come directory by directory. */
  #last: { readonly path: string; readonly draft: Draft } | undefined;

  constructor(objects: ObjectStore, entry: TreeEntry) {
    this.#objects = objects;
    this.#entry = entry;
  }

  /** The directory at `path` below this one, made where it is missing or something else. */
  open(path: string): Draft {
    if (this.#last?.path === path) return this.#last.draft;
    let draft: Draft = this;
    for (const name of componentsOf(path)) draft = draft.#openChild(name) ?? draft.#makeChild(name);
    this.#last = { path, draft };
    return draft;
  }

  /** The directory at `path`, or undefined where there is none. */
  openExisting(path: string): Draft | undefined {
    let draft: Draft = this;
    for (const name of componentsOf(path)) {
      const child = draft.#openChild(name);
      if (child === undefined) return undefined;
      draft = child;
    }
    return draft;
  }

  get(name: string): TreeEntry | undefined {
    const draft = this.#drafts.get(name);
    return draft === undefined ? this.#loaded().get(name) : draft.#entry;
  }

  set(entry: TreeEntry): void {
    this.remove(entry.name);
    this.#loaded().set(entry.name, entry);
  }

  remove(name: string): void {
    this.#drafts.delete(name);
    this.#loaded().delete(name);
  }

  clear(): void {
    this.#drafts.clear();
    this.#children = new Map();
  }

  /** Takes mode, owner and xattrs of a layer's `dir` entry; what is in the directory stays. */
  setMetadata({ mode, uid, gid, xattrs }: Entry): void {
    const { name, type, size, digest } = this.#entry;
    this.#entry = {
      name,
      type,
      mode,
      uid,
      gid,
      size,
      ...(digest === undefined ? {} : { digest }),
      ...(xattrs === undefined ? {} : { xattrs }),
    };
  }

  /** Keeps the changed directories, innermost first, and returns this one's entry. */
  seal(): TreeEntry {
    for (const [name, draft] of this.#drafts) this.#loaded().set(name, draft.seal());
    if (this.#children === undefined) return this.#entry;
    return { ...this.#entry, digest: putDirectory(this.#objects, this.#children.values()) };
  }

  #openChild(name: string): Draft | undefined {
    const open = this.#drafts.get(name);
    if (open !== undefined) return open;
    const entry = this.#loaded().get(name);
    if (entry?.type !== 'dir') return undefined;
    const draft = new Draft(this.#objects, entry);
    this.#drafts.set(name, draft);
    return draft;
  }

  #makeChild(name: string): Draft {
    const draft = new Draft(this.#objects, {
      name,
      type: 'dir',
      mode: 0o755,
      uid: 0,
      gid: 0,
      size: 0,
    });
    draft.clear();
    this.#loaded().delete(name);
    this.#drafts.set(name, draft);
    return draft;
  }

  #loaded(): Map<string, TreeEntry> {
    this.#children ??= new Map(childrenOf(this.#objects, this.#entry));
    return this.#children;
  }
}

function componentsOf(path: string): string[] {
  return path === '' ? [] : path.split('/');
}
