// Reads records out of a stream of chunks that know nothing of the records' borders. What is already
// in memory is taken without waiting, so that thousands of small records cost no thousands of turns
// of the event loop. Buffers that it gives out are views of the chunks: to be read, not changed.

export class ChunkReader {
  readonly #source: AsyncIterator<Uint8Array>;
  /** Chunks not taken yet; of the first one only what follows `#at`. */
  #chunks: Buffer[] = [];
  #at = 0;
  #buffered = 0;
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** How many bytes can be taken without waiting. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Waits until `length` bytes are buffered; false where the stream ends before that. */
  async fill(length: number): Promise<boolean> {
    while (this.#buffered < length) {
      if (this.#ended) return false;
      const { done, value } = await this.#source.next();
      if (done) {
        this.#ended = true;
        return false;
      }
      if (value.byteLength === 0) continue;
      this.#chunks.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      this.#buffered += value.byteLength;
    }
    return true;
  }

  /** The next `length` bytes, which must be buffered and stay to be taken. */
  peek(length: number): Buffer {
    return Buffer.concat([...this.#untaken()]).subarray(0, length);
  }

  /** Takes exactly `length` bytes, which must be buffered. */
  take(length: number): Buffer {
    if (length > this.#buffered) throw new Error(`take(${length}) of ${this.#buffered} bytes`);
    const first = this.#chunks[0];
    if (first === undefined) return Buffer.alloc(0);
    if (first.length - this.#at >= length) return this.#advance(first, length);
    const parts: Buffer[] = [];
    for (let left = length; left > 0; ) {
      const part = this.takeSome(left);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts, length);
  }

  /** Takes between 1 and `most` bytes, as many as lie together; something must be buffered. */
  takeSome(most: number): Buffer {
    const first = this.#chunks[0];
    if (first === undefined) throw new Error('takeSome() of nothing');
    return this.#advance(first, Math.min(most, first.length - this.#at));
  }

  /** Tells the source that no more is wanted. */
  async cancel(): Promise<void> {
    this.#ended = true;
    this.#chunks = [];
    this.#buffered = 0;
    await this.#source.return?.();
  }

  *#untaken(): Generator<Buffer> {
    for (const [i, chunk] of this.#chunks.entries())
      yield i === 0 ? chunk.subarray(this.#at) : chunk;
  }

  #advance(first: Buffer, length: number): Buffer {
    const part = first.subarray(this.#at, this.#at + length);
    this.#at += length;
    this.#buffered -= length;
    if (this.#at === first.length) {
      this.#chunks.shift();
      this.#at = 0;
    }
    return part;
  }
}
