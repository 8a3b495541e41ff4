// Paths inside a tree, as the kernel would resolve them in a process whose root is the image: links are
// followed in the tree and nowhere else, an absolute target starts at the tree's root, and `..` at
// the root stays there. So no path and no link of an image can lead outside it.

import type { Digest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { childrenOf, type Directory, readRoot, type TreeEntry } from './directory.ts';
import type { ObjectStore } from './object-store.ts';

/** As many as Linux follows (path_resolution(7)). */
export const MAX_LINKS = 40;

export interface LookupOptions {
  /** `all` follows every link; `parent` every one but the last component's, as lstat does. */
  readonly follow: 'all' | 'parent';
}

export interface Found {
  /** The real path: no link in it, in the form of `Entry.path`. */
  readonly path: string;
  readonly entry: TreeEntry;
}

export interface Resolved {
  /** Where the path leads: a real path, then the components that do not exist, if any. */
  readonly path: string;
  /** Undefined where nothing is there. */
  readonly entry: TreeEntry | undefined;
  /** The deepest thing on the way that exists; where it is no directory, it is in the way. */
  readonly existing: Found;
}

/** Looks a path up; undefined where nothing is there. Throws E_SYMLINK_LOOP, E_TREE_MISSING. */
export function lookup(
  objects: ObjectStore,
  tree: Digest,
  path: string,
  options: LookupOptions,
): Found | undefined {
  const { path: real, entry } = resolvePath(objects, tree, path, options);
  return entry === undefined ? undefined : { path: real, entry };
}

/** The entries of the directory at `path`, links followed; undefined where there is none. Throws as `lookup` does. */
export function readDirectory(
  objects: ObjectStore,
  tree: Digest,
  path: string,
): Directory | undefined {
  const found = lookup(objects, tree, path, { follow: 'all' });
  return found?.entry.type === 'dir' ? childrenOf(objects, found.entry) : undefined;
}

/** Says where a path leads even where nothing is there yet: where a COPY would put it. Throws as `lookup` does. */
export function resolvePath(
  objects: ObjectStore,
  tree: Digest,
  path: string,
  options: LookupOptions,
): Resolved {
  const trail: Trail = { names: [], entries: [readRoot(objects, tree)] };
  const pending = componentsOf(path).reverse();
  let links = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const here = lastOf(trail);
    if (here.type !== 'dir') return missing(trail, [name, ...pending.reverse()]);
    if (name === '.') continue;
    if (name === '..') {
      if (trail.names.pop() !== undefined) trail.entries.pop();
      continue;
    }
    const child = childrenOf(objects, here).get(name);
    if (child === undefined) return missing(trail, [name, ...pending.reverse()]);
    if (child.type === 'symlink' && (pending.length > 0 || options.follow === 'all')) {
      if (++links > MAX_LINKS) throw loop(path);
      const target = child.link ?? '';
      if (target.startsWith('/')) trail.entries.length = 1;
      if (target.startsWith('/')) trail.names.length = 0;
      pending.push(...componentsOf(target).reverse());
      continue;
    }
    trail.names.push(name);
    trail.entries.push(child);
  }
  const found = { path: trail.names.join('/'), entry: lastOf(trail) };
  return { ...found, existing: found };
}

/** The real directories from the root down to where the walk is; `entries` has the root too. */
interface Trail {
  readonly names: string[];
  readonly entries: TreeEntry[];
}

function lastOf(trail: Trail): TreeEntry {
  const entry = trail.entries.at(-1);
  if (entry === undefined) throw new Error('a walk above the root');
  return entry;
}

function missing(trail: Trail, rest: readonly string[]): Resolved {
  const names = [...trail.names];
  for (const name of rest) {
    if (name === '..') names.pop();
    else if (name !== '.') names.push(name);
  }
  const existing = { path: trail.names.join('/'), entry: lastOf(trail) };
  return { path: names.join('/'), entry: undefined, existing };
}

function componentsOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

function loop(path: string): BuildError {
  return new BuildError(
    'E_SYMLINK_LOOP',
    `${JSON.stringify(path)} leads through more than ${MAX_LINKS} symbolic links`,
  );
}
