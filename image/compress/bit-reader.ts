// Bits of bytes, the highest first. Behind the end there are zeros; `overrun` tells, so that a decoder need
// not ask before every bit.

export class BitReader {
  readonly #bytes: Uint8Array;
  #position: number;

  /** Starts `position` bits into `bytes`. */
  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.#position = position;
  }

  /** In bits. */
  get position(): number {
    return this.#position;
  }

  /** True where more bits were read than there are. */
  get overrun(): boolean {
    return this.#position > this.#bytes.length * 8;
  }

  /** The next 24 bits, which stay to be read. */
  peek(): number {
    const at = this.#position >>> 3;
    const bytes = this.#bytes;
    const window =
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0);
    return (window << (this.#position & 7)) >>> 8;
  }

  skip(count: number): void {
    this.#position += count;
  }

  /** The next `count` bits, at most 24. */
  read(count: number): number {
    const bits = this.peek() >>> (24 - count);
    this.#position += count;
    return bits;
  }
}
