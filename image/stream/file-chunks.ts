// The content of one file inside a stream of many. A small one that is already in memory comes as one
// chunk; a large one as the stream brings it. What the consumer leaves unread is skipped when the next
// file is asked for, so a consumer may stop early or not read at all.

import type { ChunkReader } from './chunk-reader.ts';

/** Contents up to this are given out as one chunk. */
const ONE_CHUNK = 128 * 1024;

/** The content of one member of a stream. */
export interface MemberContent extends AsyncIterable<Uint8Array> {
  /** The whole content, where it is in memory and nothing of it has been taken; undefined otherwise. */
  takeBuffered(): Buffer | undefined;
}

/** The content of a file that is next in `reader`: `size` bytes; `truncated` makes the error for a stream that ends before that. */
export class FileChunks implements MemberContent {
  readonly #reader: ChunkReader;
  readonly #truncated: () => Error;
  #left: number;

  constructor(reader: ChunkReader, size: number, truncated: () => Error) {
    this.#reader = reader;
    this.#left = size;
    this.#truncated = truncated;
  }

  takeBuffered(): Buffer | undefined {
    const size = this.#left;
    if (size > this.#reader.buffered || size > ONE_CHUNK) return undefined;
    this.#left = 0;
    return this.#reader.take(size);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#left > 0 && this.#left <= ONE_CHUNK) {
      await this.#need(this.#left);
      const whole = this.takeBuffered();
      if (whole !== undefined) yield whole;
    }
    while (this.#left > 0) {
      await this.#need(1);
      yield this.#take();
    }
  }

  /** Skips what has not been read. */
  async skip(): Promise<void> {
    while (this.#left > 0) {
      if (this.#reader.buffered === 0) await this.#need(1);
      this.#take();
    }
  }

  #take(): Buffer {
    const chunk = this.#reader.takeSome(this.#left);
    this.#left -= chunk.length;
    return chunk;
  }

  async #need(length: number): Promise<void> {
    if (!(await this.#reader.fill(length))) throw this.#truncated();
  }
}
