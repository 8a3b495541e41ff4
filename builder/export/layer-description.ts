// A layer's description as the runner's `pack` takes it (runner-native/PROTOCOL.md), written into one buffer after
// the other: there may be millions of files in it, and nothing is made for each.

import { nameToBytes } from '../../core/names.ts';
import type { BlockPart } from '../../image/stream/block-cutter.ts';
import type { KnownPiece } from './block-place.ts';
import type { KnownPrefix } from './prefix-record.ts';

const ROOM = 256 * 1024;
/** What a part takes at most, but for its path or bytes. */
const FIXED = 128;
/** In place of a level. */
const AS_IT_IS = 255;

export class LayerDescription {
  #buffer = Buffer.allocUnsafe(ROOM);
  #length = 0;
  readonly #full: Buffer[] = [];

  /** Of a layer that goes to the file `output`, as gzip of a level or as it is. */
  constructor(output: string, gzipLevel: number | undefined) {
    const path = nameToBytes(output);
    this.#letter('o');
    this.#buffer[this.#length++] = gzipLevel ?? AS_IT_IS;
    this.#sized(path);
  }

  /** Begins with blocks that are in an earlier blob, and goes on behind them. Before everything else. */
  prefix({ blocks, resumption }: KnownPrefix): void {
    for (const piece of blocks) this.#known('p', piece);
    this.#letter('s');
    this.#raw(resumption.tarState);
    this.#raw(resumption.blobState);
  }

  part(part: BlockPart): void {
    if (part instanceof Uint8Array) this.#bytes(part);
    else this.#file(part);
  }

  /** Ends a block; `known` is where its compressed form may be. */
  endBlock(known: KnownPiece | undefined): void {
    if (known === undefined) this.#letter('e');
    else this.#known('k', known);
  }

  end(): void {
    this.#letter('z');
    this.#turn(ROOM);
  }

  /** Takes the buffers that are full. */
  take(): Buffer[] {
    return this.#full.splice(0);
  }

  #known(letter: string, { path, place }: KnownPiece): void {
    this.#path(letter, path);
    this.#number64(place.offset);
    for (const value of [place.length, place.crc, place.source.size, place.source.crc])
      this.#length = this.#buffer.writeUInt32LE(value, this.#length);
  }

  #bytes(bytes: Uint8Array): void {
    this.#letter('b');
    this.#length = this.#buffer.writeUInt32LE(bytes.byteLength, this.#length);
    this.#reserve(bytes.byteLength);
    this.#raw(bytes);
  }

  #file({ file, offset, length }: Exclude<BlockPart, Uint8Array>): void {
    const { path, state, digest } = file;
    this.#path(digest === undefined ? 'f' : 'v', path);
    this.#raw(state);
    this.#number64(offset);
    this.#length = this.#buffer.writeUInt32LE(length, this.#length);
    if (digest !== undefined)
      this.#length += this.#buffer.write(digest.slice(7), this.#length, 'hex');
  }

  #path(letter: string, path: string): void {
    const bytes = nameToBytes(path);
    this.#reserve(FIXED + bytes.byteLength);
    this.#letter(letter);
    this.#sized(bytes);
  }

  #sized(bytes: Uint8Array): void {
    this.#length = this.#buffer.writeUInt16LE(bytes.byteLength, this.#length);
    this.#raw(bytes);
  }

  #letter(letter: string): void {
    this.#reserve(FIXED);
    this.#buffer[this.#length++] = letter.charCodeAt(0);
  }

  #number64(value: number): void {
    this.#buffer.writeUInt32LE(value % 2 ** 32, this.#length);
    this.#length = this.#buffer.writeUInt32LE(Math.floor(value / 2 ** 32), this.#length + 4);
  }

  #raw(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  #reserve(bytes: number): void {
    if (bytes > this.#buffer.byteLength - this.#length) this.#turn(Math.max(bytes, ROOM));
  }

  #turn(room: number): void {
    this.#full.push(this.#buffer.subarray(0, this.#length));
    this.#buffer = Buffer.allocUnsafe(room);
    this.#length = 0;
  }
}
