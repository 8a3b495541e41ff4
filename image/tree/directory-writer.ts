// Writes a directory while its entries come in, in order. Up to some thousands are one object, as in every ordinary
// directory; of more, no more than one part is in memory. Where a part ends depends on the name at its end, so that
// a change in one entry makes one new part. The rules decide identities of trees: a change of them is a change of the
// store's format.

import { crc32 } from 'node:zlib';
import type { Digest } from '../../core/digest.ts';
import { lastWhere } from '../../core/last-where.ts';
import { compareNames } from '../../core/names.ts';
import {
  type DirectoryPart,
  partFor,
  putDirectory,
  putDirectoryParts,
  readDirectoryObject,
  type TreeEntry,
} from './directory.ts';
import type { ObjectStore } from './object-store.ts';

/** So many entries are one object: more than directories of programs have, whose identities stay what they were. */
const WHOLE = 8192;
/** A part ends before an entry when it has so many entries and the entry's name says so, one of `MEAN` names, */
const SMALLEST = 512;
const MEAN = 512;
/** or when it has so many. */
const LARGEST = 4096;

export class DirectoryWriter {
  readonly #objects: ObjectStore;
  readonly #parts: DirectoryPart[] = [];
  /** What is in no part yet. */
  #entries: TreeEntry[] = [];
  #isWhole = true;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** Adds an entry behind the others. */
  add(entry: TreeEntry): void {
    if (this.#isWhole && this.#entries.length === WHOLE) {
      const entries = this.#entries;
      this.#entries = [];
      this.#isWhole = false;
      for (const one of entries) this.#addToPart(one);
    }
    if (this.#isWhole) this.#entries.push(entry);
    else this.#addToPart(entry);
  }

  /** What was added under a name. Throws E_TREE_MISSING. */
  get(name: string): TreeEntry | undefined {
    const entry = lastWhere(this.#entries, (one) => compareNames(one.name, name) <= 0);
    if (entry !== undefined) return entry.name === name ? entry : undefined;
    const part = partFor(this.#parts, name);
    return part && readDirectoryObject(this.#objects, part[1]).get(name);
  }

  /** Keeps the directory and returns its digest. */
  finish(): Digest {
    if (this.#isWhole) return putDirectory(this.#objects, this.#entries);
    this.#cut();
    return putDirectoryParts(this.#objects, this.#parts);
  }

  #addToPart(entry: TreeEntry): void {
    const { length } = this.#entries;
    if (length >= LARGEST || (length >= SMALLEST && crc32(entry.name) % MEAN === 0)) this.#cut();
    this.#entries.push(entry);
  }

  #cut(): void {
    const [first] = this.#entries;
    if (first === undefined) return;
    this.#parts.push([first.name, putDirectory(this.#objects, this.#entries)]);
    this.#entries = [];
  }
}
