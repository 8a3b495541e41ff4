// A canonical Huffman code: which symbol the next bits stand for. Short codes come out of one table; the
// rest are found by their length.

import type { BitReader } from './bit-reader.ts';
import { damaged } from './compression-error.ts';

const MAX_LENGTH = 20;
/** Bits of the table's index. */
const FAST = 10;

export class HuffmanCode {
  /** For the next FAST bits: the symbol and, in the low 5 bits, its code's length; 0 where that is longer. */
  readonly #fast = new Uint16Array(1 << FAST);
  /** Symbols by their code. */
  readonly #symbols: Uint16Array;
  /** By length: the first code, and where its symbol is. */
  readonly #first = new Int32Array(MAX_LENGTH + 2);
  readonly #index = new Int32Array(MAX_LENGTH + 2);

  /** `lengths` are those of the symbols' codes, 1 to 20 bits each. */
  constructor(lengths: Uint8Array) {
    const counts = new Int32Array(MAX_LENGTH + 2);
    for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
    let [code, index] = [0, 0];
    for (let length = 1; length <= MAX_LENGTH + 1; length++) {
      this.#first[length] = code;
      this.#index[length] = index;
      code = (code + (counts[length] ?? 0)) << 1;
      index += counts[length] ?? 0;
    }
    this.#symbols = new Uint16Array(lengths.length);
    const next = Int32Array.from(this.#index);
    for (const [symbol, length] of lengths.entries()) {
      const at = next[length] ?? 0;
      next[length] = at + 1;
      this.#symbols[at] = symbol;
      if (length > FAST) continue;
      const start =
        ((this.#first[length] ?? 0) + at - (this.#index[length] ?? 0)) << (FAST - length);
      // Too many codes for their lengths: what is past the end of the table is never asked for.
      this.#fast.fill((symbol << 5) | length, start, start + (1 << (FAST - length)));
    }
  }

  /** Reads one symbol. Throws E_LAYER_INVALID for bits that are none. */
  read(bits: BitReader): number {
    const window = bits.peek();
    const found = this.#fast[window >>> (24 - FAST)] ?? 0;
    if (found !== 0) {
      bits.skip(found & 31);
      return found >>> 5;
    }
    for (let length = FAST + 1; length <= MAX_LENGTH; length++) {
      const offset = (window >>> (24 - length)) - (this.#first[length] ?? 0);
      const index = this.#index[length] ?? 0;
      if (offset < 0 || offset >= (this.#index[length + 1] ?? 0) - index) continue;
      bits.skip(length);
      return this.#symbols[index + offset] ?? 0;
    }
    throw damaged('a code stands for nothing');
  }
}
