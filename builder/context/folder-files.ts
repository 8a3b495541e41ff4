// The files of one folder as a walk saw them, by name: what lstat said of each in a row of numbers, since
// there may be a million of them. Everything that lstat tells one state of a file from another by is here.

import { constants } from 'node:fs';
import { compareNames, nameFromBytes, nameToBytes } from '../../core/names.ts';
import type { FileIdentity } from './file-identity.ts';
import type { FoundPath } from './walk-directory.ts';

/** mode, dev, ino, size, mtime, ctime, number of names; the times are signed. */
const COLUMNS = 7;
/** What `toBytes` takes for each file at least. */
export const ROW_BYTES = COLUMNS * BigUint64Array.BYTES_PER_ELEMENT;

export class FolderFiles {
  /** In byte order. A file that was walked by itself has the name ''. */
  readonly names: readonly string[];
  readonly #rows: BigUint64Array<ArrayBuffer>;
  readonly #links: ReadonlyMap<number, string>;

  private constructor(
    names: readonly string[],
    rows: BigUint64Array<ArrayBuffer>,
    links: ReadonlyMap<number, string>,
  ) {
    this.names = names;
    this.#rows = rows;
    this.#links = links;
  }

  /** What a walk found in a folder. */
  static of(items: readonly FoundPath[]): FolderFiles {
    const named = items.map((item) => ({
      item,
      name: item.path.slice(item.path.lastIndexOf('/') + 1),
    }));
    named.sort((a, b) => compareNames(a.name, b.name));
    const rows = new BigUint64Array(named.length * COLUMNS);
    const links = new Map<number, string>();
    let at = 0;
    for (const [index, { item }] of named.entries()) {
      const { mode, dev, ino, size, mtimeNs, ctimeNs, nlink } = item.stat;
      for (const value of [mode, dev, ino, size, mtimeNs, ctimeNs, nlink]) rows[at++] = value;
      if (item.link !== undefined) links.set(index, item.link);
    }
    const names = named.map(({ name }) => name);
    return new FolderFiles(names, rows, links);
  }

  /** What `toBytes` made of `count` files. */
  static fromBytes(bytes: Uint8Array, count: number): FolderFiles {
    const rows = rowsIn(bytes, count);
    const text = nameFromBytes(bytes.subarray(rows.byteLength)).split('\0');
    const names: string[] = [];
    const links = new Map<number, string>();
    for (let index = 0; index < count; index++) {
      names.push(text[2 * index] ?? '');
      const link = text[2 * index + 1] ?? '';
      if (link !== '') links.set(index, link);
    }
    return new FolderFiles(names, rows, links);
  }

  /** The type and mode bits of a file. */
  mode(index: number): number {
    return Number(this.#at(index, 0));
  }

  isRegular(index: number): boolean {
    return (this.mode(index) & constants.S_IFMT) === constants.S_IFREG;
  }

  isFifo(index: number): boolean {
    return (this.mode(index) & constants.S_IFMT) === constants.S_IFIFO;
  }

  /** The target of a link, as it is written. */
  link(index: number): string | undefined {
    return this.#links.get(index);
  }

  identity(index: number): FileIdentity {
    return identityIn(this.#rows, index * COLUMNS);
  }

  /** The inode of a regular file that has several names, here or elsewhere; undefined for a file of one. */
  shared(index: number): bigint | undefined {
    return this.#at(index, 6) === 1n || !this.isRegular(index) ? undefined : this.#at(index, 2);
  }

  /** The place of a name in `names`, or -1. */
  indexOf(name: string): number {
    let [low, high] = [0, this.names.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = compareNames(this.names[middle] ?? '', name);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** All of it as bytes that are equal where everything is: the rows, then names and targets, each with a NUL behind it. */
  toBytes(): Buffer {
    const text = this.names.map((name, index) => `${name}\0${this.#links.get(index) ?? ''}\0`);
    return Buffer.concat([Buffer.from(this.#rows.buffer), nameToBytes(text.join(''))]);
  }

  #at(index: number, column: number): bigint {
    return this.#rows[index * COLUMNS + column] ?? 0n;
  }
}

/** The identities of the first `count` rows of what `toBytes` made. */
export function identitiesIn(bytes: Uint8Array, count: number): readonly FileIdentity[] {
  const rows = rowsIn(bytes, count);
  return Array.from({ length: count }, (_, index) => identityIn(rows, index * COLUMNS));
}

function rowsIn(bytes: Uint8Array, count: number): BigUint64Array<ArrayBuffer> {
  const rows = new BigUint64Array(count * COLUMNS);
  new Uint8Array(rows.buffer).set(bytes.subarray(0, rows.byteLength));
  return rows;
}

function identityIn(rows: BigUint64Array, at: number): FileIdentity {
  const column = (index: number): bigint => rows[at + index] ?? 0n;
  return {
    dev: column(1),
    ino: column(2),
    size: column(3),
    mtimeNs: BigInt.asIntN(64, column(4)),
    ctimeNs: BigInt.asIntN(64, column(5)),
  };
}
