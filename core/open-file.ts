// A file whose bytes go through the thread pool, as those of node:fs/promises do. That module brings ten others with
// it, which take a millisecond of each start; and opening and closing take longer through the pool than they do here.

import { closeSync, fdatasync, fstatSync, fsync, openSync, read, write } from 'node:fs';

export class OpenFile {
  readonly #fd: number;

  /** Opens `path` to read it, or makes it, which must not be there. Throws what the system says. */
  constructor(path: string, flags: 'r' | 'wx') {
    this.#fd = openSync(path, flags);
  }

  get inode(): number {
    return fstatSync(this.#fd).ino;
  }

  /** Reads up to `length` bytes from `position` into `buffer` at `offset`; fewer where the file ends. */
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number; readonly buffer: Buffer }> {
    return new Promise((resolve, reject) =>
      read(this.#fd, buffer, offset, length, position, (error, bytesRead) =>
        error === null ? resolve({ bytesRead, buffer }) : reject(error),
      ),
    );
  }

  /** Writes all of `bytes` where the last write ended. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) at += await this.#write(bytes, at);
  }

  #write(bytes: Uint8Array, at: number): Promise<number> {
    return new Promise((resolve, reject) =>
      write(this.#fd, bytes, at, bytes.byteLength - at, null, (error, written) =>
        error === null ? resolve(written) : reject(error),
      ),
    );
  }

  datasync(): Promise<void> {
    return new Promise((resolve, reject) =>
      fdatasync(this.#fd, (error) => (error === null ? resolve() : reject(error))),
    );
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) =>
      fsync(this.#fd, (error) => (error === null ? resolve() : reject(error))),
    );
  }

  /** Closes the file, of which nothing may be on its way any more: its number may be another file's at once. */
  close(): void {
    closeSync(this.#fd);
  }
}
