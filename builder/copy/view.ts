// The image as a COPY fills it: the tree that was there, and over it the entries that are being put
// in. Answers what stands at a path now, makes missing parents, and collects the layer.

import { BuildError } from '../../core/errors.ts';
import type { Entry } from '../../image/entry.ts';
import { sortEntries } from '../../image/tree/sort-entries.ts';
import { AddedEntries } from './added-entries.ts';
import type { Owner } from './owner.ts';
import { type Standing, standingOf, type TreeSight } from './tree-sight.ts';

export interface ImageView {
  /** Where `path` leads, links followed inside the image, whether or not anything is there yet. */
  resolve(path: string): { readonly path: string; readonly isDirectory: boolean };
  /** Makes the directory at the real path and its parents where they are missing. Throws E_COPY_DESTINATION. */
  makeDirectory(path: string, mode: number, owner: Owner): void;
  /** Puts an entry at its (real) path. Throws E_COPY_DESTINATION where a directory and a non-directory would meet. */
  put(entry: Entry): void;
  /** What is at the real path now, itself and not what it leads to; undefined where nothing is. */
  at(path: string): Standing | undefined;
  /** Puts an entry at its (real) path instead of whatever is there; two directories become one. */
  replace(entry: Entry): void;
  /** Gives the directory at the real path a time, which lasts until something more is put into it. */
  date(path: string, mtime: bigint): void;
  /**
   * The layer so far, in canonical order: what was put, and the parents that were there, with the
   * metadata that they had. Parents, which have no time in a tree, get the newest time of what was put.
   */
  entries(): Entry[];
}

/** A view of the tree that `sight` sees. */
export function imageView(sight: TreeSight): ImageView {
  const added = new AddedEntries();
  /** Directories that were made on the way; their time is not known yet. */
  const made = new Set<string>();
  /** The times of directories into which nothing was put since. */
  const dated = new Map<string, bigint>();
  /** What was replaced: what the tree has below it is gone. */
  const replaced = new Set<string>();

  const isReplaced = (path: string): boolean =>
    replaced.size > 0 && [...downTo(parentOf(path))].some((up) => replaced.has(up));
  const inTree = (path: string): Standing | undefined =>
    isReplaced(path) ? undefined : sight.at(path);
  const at = (path: string): Standing | undefined => {
    const put = added.get(path);
    return put === undefined ? inTree(path) : standingOf(put);
  };

  const add = (entry: Entry): void => {
    added.add(entry);
    made.delete(entry.path);
    dated.delete(parentOf(entry.path));
  };

  return {
    resolve(path) {
      const way = sight.resolve(path);
      if (way.inTheWay !== undefined) throw notDirectory(way.path, way.inTheWay);
      const put = added.get(way.path);
      const isDirectory =
        put === undefined ? way.isDirectory && !isReplaced(way.path) : put.type === 'dir';
      return { path: way.path, isDirectory };
    },
    makeDirectory(path, mode, { uid, gid }) {
      for (const part of downTo(path)) {
        const there = at(part);
        if (there?.type === 'dir') continue;
        if (there !== undefined) throw notDirectory(path, part);
        add({ path: part, type: 'dir', mode, uid, gid, mtime: 0n, size: 0 });
        made.add(part);
      }
    },
    put(entry) {
      const there = at(entry.path);
      if (there?.type === 'dir' && entry.type !== 'dir') {
        throw refuse(entry.path, `/${entry.path} is a directory, and what is copied there is not`);
      }
      if (there !== undefined && there.type !== 'dir' && entry.type === 'dir') {
        throw notDirectory(entry.path, entry.path);
      }
      add(entry);
    },
    at,
    replace(entry) {
      const there = at(entry.path);
      if (there !== undefined && (there.type !== 'dir' || entry.type !== 'dir')) {
        replaced.add(entry.path);
        if (there.type === 'dir') added.removeBelow(entry.path);
      }
      add(entry);
    },
    date: (path, mtime) => void dated.set(path, mtime),
    entries: () => layerEntries(added, { made, dated }, inTree),
  };
}

function layerEntries(
  added: AddedEntries,
  { made, dated }: { made: ReadonlySet<string>; dated: ReadonlyMap<string, bigint> },
  inTree: (path: string) => Standing | undefined,
): Entry[] {
  let newest = 0n;
  for (const time of dated.values()) if (time > newest) newest = time;
  for (const entry of added.values())
    if (entry.mtime > newest && !made.has(entry.path)) newest = entry.mtime;
  const timeOf = (path: string): bigint => dated.get(path) ?? newest;
  const list = new Map<string, Entry>();
  for (const entry of added.values()) {
    for (const parent of downTo(parentOf(entry.path))) {
      if (list.has(parent) || added.get(parent) !== undefined) continue;
      const there = inTree(parent);
      if (there?.type === 'dir') list.set(parent, parentEntry(parent, there, timeOf(parent)));
    }
    const mtime = made.has(entry.path) ? timeOf(entry.path) : entry.mtime;
    list.set(entry.path, { ...entry, mtime });
  }
  return sortEntries([...list.values()]);
}

function parentEntry(
  path: string,
  { mode, uid, gid, xattrs }: StandingDirectory,
  mtime: bigint,
): Entry {
  return {
    path,
    type: 'dir',
    mode,
    uid,
    gid,
    mtime,
    size: 0,
    ...(xattrs === undefined ? {} : { xattrs }),
  };
}

type StandingDirectory = Extract<Standing, { type: 'dir' }>;

function notDirectory(path: string, inTheWay: string): BuildError {
  const message = `/${path} cannot be made: /${inTheWay} is not a directory`;
  return new BuildError('E_COPY_DESTINATION', message);
}

function refuse(path: string, why: string): BuildError {
  return new BuildError('E_COPY_DESTINATION', `cannot copy to /${path}: ${why}`);
}

function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

/** `a`, `a/b`, `a/b/c`; nothing for the root, which is always there. */
function* downTo(path: string): Iterable<string> {
  if (path === '') return;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1))
    yield path.slice(0, at);
  yield path;
}
