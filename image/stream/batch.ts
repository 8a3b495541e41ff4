// Joins many small pieces into chunks of about a megabyte, so that a stream of thousands of headers and
// small files costs its readers hundreds of turns, not tens of thousands.

const CAPACITY = 1024 * 1024;
/** A piece from here on is passed on as it is: copying it would cost more than its own turn. */
const LARGE = 128 * 1024;

export class Batch {
  #buffer = Buffer.allocUnsafe(CAPACITY);
  #used = 0;

  /** Takes the next piece and returns the chunks that are ready, in order. A small piece is copied, a large one is not. */
  add(piece: Uint8Array): Uint8Array[] {
    if (piece.byteLength >= LARGE) return this.#used === 0 ? [piece] : [this.#take(), piece];
    const ready = this.#used + piece.byteLength > CAPACITY ? [this.#take()] : [];
    this.#buffer.set(piece, this.#used);
    this.#used += piece.byteLength;
    return ready;
  }

  /** Returns what is left. The batch must not be used afterwards. */
  end(): Uint8Array[] {
    return this.#used === 0 ? [] : [this.#buffer.subarray(0, this.#used)];
  }

  #take(): Buffer {
    const full = this.#buffer.subarray(0, this.#used);
    this.#buffer = Buffer.allocUnsafe(CAPACITY);
    this.#used = 0;
    return full;
  }
}
