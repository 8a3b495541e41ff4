// The files of one folder as a walk saw them, by name, as bytes: what lstat said of each in a row of numbers, then
// the names, since there may be a million of them. Everything that lstat tells one state of a file from another by is
// here, in the form in which the runner sends it (PROTOCOL.md, "scan"): equal bytes are an equal folder.

import { type BigIntStats, constants } from 'node:fs';
import { compareNames, nameFromBytes, nameToBytes } from '../../core/names.ts';
import type { FileIdentity } from './file-identity.ts';

/** mode, dev, ino, size, mtime, ctime, number of names: 64 bits each; the times are signed. */
const COLUMNS = 7;
/** What a row takes; a file takes its name more. */
export const ROW_BYTES = COLUMNS * BigUint64Array.BYTES_PER_ELEMENT;
const STATE_FROM = BigUint64Array.BYTES_PER_ELEMENT;
const LINKS_AT = 6 * BigUint64Array.BYTES_PER_ELEMENT;

/** One file as lstat saw it. */
export interface StatFile {
  readonly name: string;
  readonly stat: BigIntStats;
  /** The target of a link, as it is written. */
  readonly link?: string;
}

export class FolderFiles {
  static readonly NONE = new FolderFiles(Buffer.alloc(0), 0);

  /** The rows, then a name, a NUL, the target of a link, and a NUL for each file. */
  readonly bytes: Buffer;
  /** How many files there are. */
  readonly count: number;
  #next = 0;
  #texts: readonly string[] | undefined;
  #starts: Uint32Array | undefined;
  #numbers: BigUint64Array | undefined;

  /** Files in byte order, in the form of `bytes`. One that was looked at by itself has the name ''. */
  constructor(bytes: Buffer, count: number) {
    this.bytes = bytes;
    this.count = count;
  }

  /** Files in any order. */
  static of(items: readonly StatFile[]): FolderFiles {
    const sorted = [...items].sort((a, b) => compareNames(a.name, b.name));
    const rows = new BigUint64Array(sorted.length * COLUMNS);
    let at = 0;
    for (const { stat } of sorted) {
      const { mode, dev, ino, size, mtimeNs, ctimeNs, nlink } = stat;
      for (const value of [mode, dev, ino, size, mtimeNs, ctimeNs, nlink]) rows[at++] = value;
    }
    const text = sorted.map(({ name, link = '' }) => `${name}\0${link}\0`).join('');
    return new FolderFiles(
      Buffer.concat([Buffer.from(rows.buffer), nameToBytes(text)]),
      sorted.length,
    );
  }

  /** The names and targets. */
  get text(): Buffer {
    return this.bytes.subarray(this.count * ROW_BYTES);
  }

  name(index: number): string {
    return this.#strings()[2 * index] ?? '';
  }

  /** The type and mode bits of a file. */
  mode(index: number): number {
    return this.bytes.readUInt32LE(index * ROW_BYTES);
  }

  isRegular(index: number): boolean {
    return this.#type(index) === constants.S_IFREG;
  }

  isFifo(index: number): boolean {
    return this.#type(index) === constants.S_IFIFO;
  }

  isSocket(index: number): boolean {
    return this.#type(index) === constants.S_IFSOCK;
  }

  /** The target of a link, as it is written. */
  link(index: number): string | undefined {
    return this.#strings()[2 * index + 1] || undefined;
  }

  size(index: number): number {
    return Number(this.#at(index, 3));
  }

  /** The later one of the two times. */
  newest(index: number): bigint {
    const [mtime, ctime] = [this.#time(index, 4), this.#time(index, 5)];
    return mtime > ctime ? mtime : ctime;
  }

  /** Device, inode, size, mtime and ctime, as bytes. */
  state(index: number): Buffer {
    const at = index * ROW_BYTES;
    return this.bytes.subarray(at + STATE_FROM, at + LINKS_AT);
  }

  identity(index: number): FileIdentity {
    return {
      dev: this.#at(index, 1),
      ino: this.#at(index, 2),
      size: this.#at(index, 3),
      mtimeNs: this.#time(index, 4),
      ctimeNs: this.#time(index, 5),
    };
  }

  /** The inode of a regular file that has several names, here or elsewhere; undefined for a file of one. */
  shared(index: number): bigint | undefined {
    const at = index * ROW_BYTES + LINKS_AT;
    const isOne = this.bytes.readUInt32LE(at) === 1;
    return isOne || !this.isRegular(index) ? undefined : this.#at(index, 2);
  }

  /** The place of a name, or -1. */
  indexOf(name: string): number {
    // Who asks for one asks for the next one then, mostly.
    if (this.#next < this.count && this.name(this.#next) === name) return this.#next++;
    const index = this.#search(name);
    this.#next = index + 1;
    return index;
  }

  #search(name: string): number {
    let [low, high] = [0, this.count - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = compareNames(this.name(middle), name);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** The files for which `keep` is true. */
  filter(keep: (index: number) => boolean): FolderFiles {
    const kept: number[] = [];
    for (let index = 0; index < this.count; index++) if (keep(index)) kept.push(index);
    return this.pick(kept);
  }

  /** The files from the number `from` to before `to`. */
  slice(from: number, to: number): FolderFiles {
    const end = Math.min(to, this.count);
    if (from === 0 && end === this.count) return this;
    const starts = this.#textStarts();
    const rows = this.bytes.subarray(from * ROW_BYTES, end * ROW_BYTES);
    const texts = this.bytes.subarray(starts[from], starts[end]);
    return new FolderFiles(Buffer.concat([rows, texts]), end - from);
  }

  /** The files with these numbers, which are in order. */
  pick(indexes: readonly number[]): FolderFiles {
    if (indexes.length === this.count) return this;
    const starts = this.#textStarts();
    const rows = indexes.map((at) => this.bytes.subarray(at * ROW_BYTES, (at + 1) * ROW_BYTES));
    const texts = indexes.map((at) => this.bytes.subarray(starts[at], starts[at + 1]));
    return new FolderFiles(Buffer.concat([...rows, ...texts]), indexes.length);
  }

  #strings(): readonly string[] {
    this.#texts ??= nameFromBytes(this.text).split('\0');
    return this.#texts;
  }

  /** Where the text of each file begins in `bytes`, and where the last one ends. */
  #textStarts(): Uint32Array {
    if (this.#starts !== undefined) return this.#starts;
    const starts = new Uint32Array(this.count + 1);
    let at = this.count * ROW_BYTES;
    for (let index = 0; index < this.count; index++) {
      starts[index] = at;
      at = this.bytes.indexOf(0, this.bytes.indexOf(0, at) + 1) + 1;
    }
    starts[this.count] = at;
    this.#starts = starts;
    return starts;
  }

  #type(index: number): number {
    return this.mode(index) & constants.S_IFMT;
  }

  #time(index: number, column: number): bigint {
    return BigInt.asIntN(64, this.#at(index, column));
  }

  #at(index: number, column: number): bigint {
    if (this.#numbers === undefined) {
      // A copy: numbers are read from where they are aligned only.
      const numbers = new BigUint64Array(this.count * COLUMNS);
      new Uint8Array(numbers.buffer).set(this.bytes.subarray(0, numbers.byteLength));
      this.#numbers = numbers;
    }
    return this.#numbers[index * COLUMNS + column] ?? 0n;
  }
}
