// A directory that a layer changes. What changes comes in the order of the names, so that the entries that stay are copied
// up to each change, and none is held but by the writer.

import { compareNames } from '../../core/names.ts';
import type { Entry } from '../entry.ts';
import { childrenOf, type TreeEntry } from './directory.ts';
import { DirectoryWriter } from './directory-writer.ts';
import type { ObjectStore } from './object-store.ts';

export class DirectoryDraft {
  readonly path: string;
  readonly #objects: ObjectStore;
  #entry: TreeEntry;
  /** Made with the first change. */
  #writer: DirectoryWriter | undefined;
  /** What was there before and is not written yet; `#next` is the first of it. */
  #rest: Iterator<TreeEntry> | undefined;
  #next: TreeEntry | undefined;
  /** The last name that was set or deleted: what was there up to it is settled. */
  #last: string | undefined;
  #isCleared: boolean;

  /** The directory at `path`; `isNew` where its entry has nothing to read yet. */
  constructor(objects: ObjectStore, path: string, entry: TreeEntry, isNew = false) {
    this.#objects = objects;
    this.path = path;
    this.#entry = entry;
    this.#isCleared = isNew;
  }

  /** What is at a name now. Throws E_TREE_MISSING. */
  get(name: string): TreeEntry | undefined {
    const isSettled = this.#last !== undefined && compareNames(name, this.#last) <= 0;
    if (isSettled) return this.#writer?.get(name);
    return this.#isCleared ? undefined : childrenOf(this.#objects, this.#entry).get(name);
  }

  /** Puts an entry in; its name comes after those that were set or deleted before. */
  set(entry: TreeEntry): void {
    this.#settle(entry.name).add(entry);
  }

  /** Takes out what is at a name, which comes after those that were set or deleted before. */
  delete(name: string): void {
    this.#settle(name);
  }

  /** Takes out everything, before anything is set. */
  clear(): void {
    if (this.#writer !== undefined) throw new Error('a directory is cleared after it was changed');
    this.#isCleared = true;
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

  /** Keeps what has changed and returns the directory's entry. */
  seal(): TreeEntry {
    if (this.#writer === undefined && !this.#isCleared) return this.#entry;
    const writer = this.#open();
    for (; this.#next !== undefined; this.#advance()) writer.add(this.#next);
    return { ...this.#entry, digest: writer.finish() };
  }

  /** The directory `name` in this one; undefined where there is none. */
  child(name: string): DirectoryDraft | undefined {
    const entry = this.get(name);
    return entry?.type === 'dir'
      ? new DirectoryDraft(this.#objects, join(this.path, name), entry)
      : undefined;
  }

  /** A new directory `name` in this one. */
  make(name: string): DirectoryDraft {
    const entry = { name, type: 'dir', mode: 0o755, uid: 0, gid: 0, size: 0 } as const;
    return new DirectoryDraft(this.#objects, join(this.path, name), entry, true);
  }

  /** Writes what was there before `name`, and leaves out what was there at it. */
  #settle(name: string): DirectoryWriter {
    const writer = this.#open();
    for (; this.#next !== undefined; this.#advance()) {
      const order = compareNames(this.#next.name, name);
      if (order > 0) break;
      if (order < 0) writer.add(this.#next);
    }
    this.#last = name;
    return writer;
  }

  #open(): DirectoryWriter {
    if (this.#writer === undefined) {
      this.#writer = new DirectoryWriter(this.#objects);
      const before = this.#isCleared ? [] : childrenOf(this.#objects, this.#entry).values();
      this.#rest = before[Symbol.iterator]();
      this.#advance();
    }
    return this.#writer;
  }

  #advance(): void {
    const next = this.#rest?.next();
    this.#next = next?.done === false ? next.value : undefined;
  }
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
