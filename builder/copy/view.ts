// The image as a COPY fills it: the tree that was there, and over it the entries that are being put
// in. Answers what stands at a path now, makes missing parents, and collects the layer.

import { BuildError } from '../../core/errors.ts';
import type { Spool } from '../../core/spool.ts';
import type { Entry } from '../../image/entry.ts';
import { comparePaths } from '../../image/tree/path-order.ts';
import { AddedEntries } from './added-entries.ts';
import { type ContentSource, type Origin, Origins } from './origin.ts';
import type { Owner } from './owner.ts';
import { type Standing, standingOf, type TreeSight } from './tree-sight.ts';

/** The tree that `sight` sees with what is put into it; `spool` takes what is too much for the memory. */
export class ImageView {
  readonly #sight: TreeSight;
  /** What was put in one by one; see `#added`. */
  readonly #single: AddedEntries;
  /** What was put in as a whole, while that is all there is but for the directories that lead to it. */
  #whole: Iterable<Entry> | undefined;
  readonly #origins = new Origins();
  /** The tree's own directories that lead to something that was put. */
  readonly #passed = new Map<string, StandingDirectory>();
  /** Directories that were made on the way; their time is not known yet. */
  readonly #made = new Set<string>();
  /** The times of directories into which nothing was put since. */
  readonly #dated = new Map<string, bigint>();
  /** What was replaced: what the tree has below it is gone. */
  readonly #replaced = new Set<string>();
  /** The newest time of what was put. */
  #newest = 0n;

  constructor(sight: TreeSight, spool: Spool) {
    this.#sight = sight;
    this.#single = new AddedEntries(spool);
  }

  /** Where `path` leads, links followed inside the image, whether or not anything is there yet. */
  resolve(path: string): { readonly path: string; readonly isDirectory: boolean } {
    const way = this.#sight.resolve(path);
    if (way.inTheWay !== undefined) throw notDirectory(way.path, way.inTheWay);
    const put = this.#added.get(way.path)?.entry;
    const isDirectory =
      put === undefined ? way.isDirectory && !this.#isReplaced(way.path) : put.type === 'dir';
    return { path: way.path, isDirectory };
  }

  /** Makes the directory at the real path and its parents where they are missing. Throws E_COPY_DESTINATION. */
  makeDirectory(path: string, mode: number, { uid, gid }: Owner): void {
    for (const part of downTo(path)) {
      const there = this.at(part);
      if (there?.type === 'dir') {
        if (this.#added.get(part) === undefined) this.#passed.set(part, there);
        continue;
      }
      if (there !== undefined) throw notDirectory(path, part);
      this.#add({ path: part, type: 'dir', mode, uid, gid, mtime: 0n, size: 0 });
      this.#made.add(part);
    }
  }

  /** Puts an entry at its (real) path. Throws E_COPY_DESTINATION where a directory and a non-directory would meet. */
  put(entry: Entry): void {
    this.#check(entry);
    this.#add(entry);
  }

  /**
   * Puts in everything that comes into the directory at the real path `folder`, as `put` does: entries in canonical order,
   * each path once, the same each time that they are gone through. Mostly nothing else comes, and they are the layer as they are.
   */
  putAll(folder: string, entries: Iterable<Entry>): void {
    if (this.#added.number > this.#made.size) {
      for (const entry of entries) this.put(entry);
      return;
    }
    // Where the directory is new there is nothing that could be in the way.
    if (!this.#made.has(folder)) for (const entry of entries) this.#check(entry);
    this.#whole = entries;
  }

  /** What is at the real path now, itself and not what it leads to; undefined where nothing is. */
  at(path: string): Standing | undefined {
    const put = this.#added.get(path)?.entry;
    if (put !== undefined) return standingOf(put);
    return this.#isReplaced(path) ? undefined : this.#sight.at(path);
  }

  /** Puts an entry at its (real) path instead of whatever is there; two directories become one. */
  replace(entry: Entry): void {
    const there = this.at(entry.path);
    if (there !== undefined && (there.type !== 'dir' || entry.type !== 'dir')) {
      this.#replaced.add(entry.path);
      if (there.type === 'dir') this.#added.removeBelow(entry.path);
    }
    this.#add(entry);
  }

  /** Says where the bytes of the files are that are put from now on; `pathOf` makes of a file's path in the image the one in the source. */
  takeFrom(source: ContentSource, pathOf: (path: string) => string): void {
    this.#origins.begin(this.#added.number, source, pathOf);
  }

  /** Where the bytes of a file are that was put. */
  originOf(path: string): Origin | undefined {
    return this.#origins.of(path, (at) => this.#added.get(at)?.number);
  }

  /** What files were put from. */
  get sources(): ReadonlySet<ContentSource> {
    return this.#origins.sources;
  }

  /** Gives the directory at the real path a time, which lasts until something more is put into it. */
  date(path: string, mtime: bigint): void {
    this.#dated.set(path, mtime);
  }

  /**
   * The layer so far, in canonical order: what was put, and the parents that were there, with the
   * metadata that they had. Parents, which have no time in a tree, get the newest time of what was put. They are made
   * while they are gone through, and each time again; nothing may be put in afterwards.
   */
  entries(): Iterable<Entry> {
    let newest: bigint | undefined;
    const timeOf = (path: string): bigint => {
      const dated = this.#dated.get(path);
      if (dated !== undefined) return dated;
      newest ??= this.#newestOfAll();
      return newest;
    };
    const directories = { made: this.#made, passed: this.#passed, timeOf };
    return { [Symbol.iterator]: () => layerEntries(this.#put(), directories) };
  }

  *#put(): Generator<Entry> {
    const whole = this.#whole ?? [];
    yield* this.#single.inOrder();
    yield* whole;
  }

  #newestOfAll(): bigint {
    let newest = this.#newest;
    for (const time of this.#dated.values()) if (time > newest) newest = time;
    for (const { mtime } of this.#whole ?? []) if (mtime > newest) newest = mtime;
    return newest;
  }

  /** What was put in, entry by entry: what was put in as a whole, too, once somebody asks. */
  get #added(): AddedEntries {
    if (this.#whole !== undefined) {
      const entries = this.#whole;
      this.#whole = undefined;
      for (const entry of entries) this.#addSingle(entry);
    }
    return this.#single;
  }

  #check(entry: Entry): void {
    const there = this.at(entry.path);
    if (there?.type === 'dir' && entry.type !== 'dir') {
      throw refuse(entry.path, `/${entry.path} is a directory, and what is copied there is not`);
    }
    if (there !== undefined && there.type !== 'dir' && entry.type === 'dir') {
      throw notDirectory(entry.path, entry.path);
    }
  }

  #addSingle(entry: Entry): void {
    this.#single.add(entry);
    if (entry.mtime > this.#newest) this.#newest = entry.mtime;
  }

  #add(entry: Entry): void {
    this.#addSingle(entry);
    if (this.#made.size > 0) this.#made.delete(entry.path);
    if (this.#dated.size > 0) this.#dated.delete(parentOf(entry.path));
  }

  #isReplaced(path: string): boolean {
    if (this.#replaced.size === 0) return false;
    return [...downTo(parentOf(path))].some((up) => this.#replaced.has(up));
  }
}

interface Directories {
  readonly made: ReadonlySet<string>;
  readonly passed: ReadonlyMap<string, StandingDirectory>;
  readonly timeOf: (path: string) => bigint;
}

function* layerEntries(
  put: Iterable<Entry>,
  { made, passed, timeOf }: Directories,
): Generator<Entry> {
  const parents = [...passed].sort(([a], [b]) => comparePaths(a, b));
  let next = 0;
  for (const entry of put) {
    const { path } = entry;
    for (let parent = parents[next]; parent !== undefined; parent = parents[++next]) {
      const [at, there] = parent;
      if (comparePaths(at, path) > 0) break;
      // What nothing was put into after all stays as it is; so does what was put itself.
      if (path.startsWith(`${at}/`)) yield parentEntry(at, there, timeOf(at));
    }
    yield made.has(path) ? { ...entry, mtime: timeOf(path) } : entry;
  }
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
