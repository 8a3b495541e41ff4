// Entries as bytes, one behind the other, for lists that may have millions of them: about 60 bytes for a file of
// a folder. One entry has one encoding, so that a digest of the bytes is an identity of the entries: a change of it
// is a change of the store's format.

import { digestAt, hexOf } from '../core/digest.ts';
import { nameFromBytes, nameToBytes } from '../core/names.ts';
import type { Entry, EntryType } from './entry.ts';
import { parentOf } from './tree/layer-paths.ts';

const TYPES: readonly EntryType[] = [
  'file',
  'dir',
  'symlink',
  'hardlink',
  'char',
  'block',
  'fifo',
  'whiteout',
  'opaque',
];
const TYPE_BITS = 0x0f;
/** The entry is in the folder of the one before: only its name follows. */
const SAME_FOLDER = 0x10;
const HAS_XATTRS = 0x20;
/** The seconds are before 1970, and their absolute value follows. */
const BEFORE_EPOCH = 0x40;

/** In a second. */
const NANOSECONDS = 1_000_000_000;
const BILLION = BigInt(NANOSECONDS);
const DIGEST_BYTES = 32;
/** So many UTF-16 units are less than 128 bytes. */
const SHORT = 42;
const SURROGATE = /[\ud800-\udfff]/;
/** What an entry takes at most, but for its names and attributes. */
const FIXED = 128;

/** Encodes entries into one buffer, which is given out by `take`. */
export class EntryEncoder {
  #buffer = Buffer.allocUnsafe(1 << 16);
  #length = 0;
  #folder: string | undefined;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Throws a plain Error for a file without a digest. */
  add(entry: Entry): void {
    const { path, type, link = '' } = entry;
    const xattrs = entry.xattrs === undefined ? [] : Object.entries(entry.xattrs);
    const folder = parentOf(path);
    const isSame = folder !== undefined && folder === this.#folder;
    const name = isSame && folder !== '' ? path.slice(folder.length + 1) : path;
    this.#reserve(FIXED + 3 * (name.length + link.length));
    const rest = Number(entry.mtime % BILLION);
    const seconds = Number(entry.mtime / BILLION) - (rest < 0 ? 1 : 0);
    this.#buffer[this.#length++] =
      TYPES.indexOf(type) |
      (isSame ? SAME_FOLDER : 0) |
      (xattrs.length > 0 ? HAS_XATTRS : 0) |
      (seconds < 0 ? BEFORE_EPOCH : 0);
    this.#name(name);
    this.#number(entry.mode);
    this.#number(entry.uid);
    this.#number(entry.gid);
    this.#number(Math.abs(seconds));
    this.#number(rest < 0 ? rest + NANOSECONDS : rest);
    this.#rest(entry, link);
    if (xattrs.length > 0) this.#xattrs(xattrs);
    this.#folder = folder;
  }

  /** Returns what was added, and begins anew. */
  take(): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    this.#folder = undefined;
    return bytes;
  }

  /** What only some types have. */
  #rest({ path, type, size, digest, major = 0, minor = 0 }: Entry, link: string): void {
    switch (type) {
      case 'file':
        if (digest === undefined) throw new Error(`the file ${JSON.stringify(path)} has no digest`);
        this.#number(size);
        this.#length += this.#buffer.write(hexOf(digest), this.#length, 'hex');
        return;
      case 'symlink':
      case 'hardlink':
        this.#name(link);
        return;
      case 'char':
      case 'block':
        this.#number(major);
        this.#number(minor);
        return;
    }
  }

  #xattrs(xattrs: [string, string][]): void {
    this.#number(xattrs.length);
    for (const [name, value] of xattrs.sort(([a], [b]) => (a < b ? -1 : 1))) {
      this.#reserve(FIXED + 3 * name.length + value.length);
      this.#name(name);
      const bytes = Buffer.from(value, 'base64');
      this.#number(bytes.length);
      this.#length += bytes.copy(this.#buffer, this.#length);
    }
  }

  #name(name: string): void {
    if (name.length <= SHORT && !SURROGATE.test(name)) {
      // Most names: their length takes one byte.
      const length = this.#buffer.write(name, this.#length + 1);
      this.#buffer[this.#length] = length;
      this.#length += 1 + length;
      return;
    }
    const bytes = nameToBytes(name);
    this.#number(bytes.length);
    this.#length += bytes.copy(this.#buffer, this.#length);
  }

  /** Seven bits a byte, the lowest first; the highest bit says that more follow. */
  #number(value: number): void {
    let left = value;
    for (; left > 0x7f; left = Math.floor(left / 0x80))
      this.#buffer[this.#length++] = (left % 0x80) | 0x80;
    this.#buffer[this.#length++] = left;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Yields the entries that an `EntryEncoder` has encoded. The bytes have been checked; anything else throws a plain Error. */
export function* decodeEntries(bytes: Uint8Array): Generator<Entry> {
  const reader = new Reader(bytes);
  let folder = '';
  while (!reader.isAtEnd()) {
    const head = reader.byte();
    const type = TYPES[head & TYPE_BITS];
    if (type === undefined) throw new Error('not a list of entries');
    const name = reader.name();
    const path = (head & SAME_FOLDER) !== 0 && folder !== '' ? `${folder}/${name}` : name;
    const entry = reader.rest({ path, type, isEarly: (head & BEFORE_EPOCH) !== 0 });
    yield (head & HAS_XATTRS) === 0 ? entry : { ...entry, xattrs: reader.xattrs() };
    folder = parentOf(path) ?? '';
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new Error('a list of entries is cut short');
    return value;
  }

  number(): number {
    let value = this.byte();
    if (value < 0x80) return value;
    value &= 0x7f;
    for (let factor = 0x80; ; factor *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  name(): string {
    const start = this.#take(this.number());
    const name = this.#bytes.toString('utf8', start, this.#at);
    // The slow way only for what may not be UTF-8.
    return name.includes('\ufffd') ? nameFromBytes(this.#bytes.subarray(start, this.#at)) : name;
  }

  /** What follows the name. There is one for each file of a layer: objects are made as they stay. */
  rest({ path, type, isEarly }: { path: string; type: EntryType; isEarly: boolean }): Entry {
    const mode = this.number();
    const uid = this.number();
    const gid = this.number();
    const seconds = this.number();
    const mtime = BigInt(isEarly ? -seconds : seconds) * BILLION + BigInt(this.number());
    switch (type) {
      case 'file': {
        const size = this.number();
        const digest = digestAt(this.#bytes, this.#take(DIGEST_BYTES));
        return { path, type, mode, uid, gid, mtime, size, digest };
      }
      case 'symlink':
      case 'hardlink':
        return { path, type, mode, uid, gid, mtime, size: 0, link: this.name() };
      case 'char':
      case 'block': {
        const major = this.number();
        return { path, type, mode, uid, gid, mtime, size: 0, major, minor: this.number() };
      }
      default:
        return { path, type, mode, uid, gid, mtime, size: 0 };
    }
  }

  xattrs(): Record<string, string> {
    const pairs: [string, string][] = [];
    for (let left = this.number(); left > 0; left--) {
      const name = this.name();
      const start = this.#take(this.number());
      pairs.push([name, this.#bytes.toString('base64', start, this.#at)]);
    }
    return Object.fromEntries(pairs);
  }

  /** Goes `length` bytes on and returns where they start. */
  #take(length: number): number {
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
