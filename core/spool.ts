// Bytes that a build needs again and that may be too many for its memory: they are put at the end of a file
// without a name, which goes with the process, and read back from it. Only the build itself reads it, so that what
// comes back is not checked. What fits into a buffer never gets to a disk.

import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { BuildError, errnoOf } from './errors.ts';
import { ROOM_HINT } from './room-hint.ts';

const SMALLEST = 64 << 10;
const LARGEST = 1 << 20;

export class Spool {
  readonly #path: string;
  #file: number | undefined;
  /** What is not in the file yet. */
  #buffer = Buffer.alloc(0);
  #used = 0;
  /** Bytes in the file. */
  #written = 0;

  /** `path` is where the file is for the moment in which it is made. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Keeps `bytes` and returns where they are. Throws E_STORE_UNUSABLE where there is no room. */
  append(bytes: Uint8Array): number {
    if (this.#used + bytes.byteLength > this.#buffer.length) this.#makeRoom(bytes.byteLength);
    const at = this.#written + this.#used;
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.byteLength;
    return at;
  }

  /** The `length` bytes at `at`. */
  read(at: number, length: number): Buffer {
    if (at >= this.#written) {
      const start = at - this.#written;
      return Buffer.from(this.#buffer.subarray(start, start + length));
    }
    if (at + length > this.#written) this.#flush();
    const bytes = Buffer.allocUnsafe(length);
    for (let got = 0; got < length; ) {
      const read = readSync(this.#open(), bytes, got, length - got, at + got);
      if (read === 0) throw new Error('a spool was cut short');
      got += read;
    }
    return bytes;
  }

  /** Nothing can be read afterwards. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #makeRoom(bytes: number): void {
    const wanted = this.#used + bytes;
    if (wanted > LARGEST) this.#flush();
    if (bytes <= this.#buffer.length - this.#used) return;
    const larger = Buffer.allocUnsafe(Math.max(SMALLEST, bytes, Math.min(2 * wanted, LARGEST)));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }

  #flush(): void {
    const file = this.#open();
    try {
      for (let done = 0; done < this.#used; )
        done += writeSync(file, this.#buffer, done, this.#used - done, this.#written + done);
    } catch (error) {
      throw noRoom(this.#path, error);
    }
    this.#written += this.#used;
    this.#used = 0;
  }

  #open(): number {
    if (this.#file !== undefined) return this.#file;
    try {
      this.#file = openSync(this.#path, 'wx+', 0o600);
      unlinkSync(this.#path);
      return this.#file;
    } catch (error) {
      throw noRoom(this.#path, error);
    }
  }
}

function noRoom(path: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  return new BuildError(
    'E_STORE_UNUSABLE',
    `no temporary file can be written at ${path}: ${errno}`,
    {
      cause: error,
      hint: ROOM_HINT,
    },
  );
}
