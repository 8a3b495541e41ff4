// Entries that may be too many for the memory, in the order in which they were added: the first some thousands stay,
// the others go to the build's spool.

import type { Spool } from '../core/spool.ts';
import type { Entry } from './entry.ts';
import { decodeEntries, EntryEncoder } from './entry-codec.ts';

/** Some megabytes of memory, and more than most layers have. */
const MOST = 32_768;
/** How many are decoded at once. */
const CHUNK = 512;

export class SpooledEntries implements Iterable<Entry> {
  readonly #spool: Spool;
  readonly #most: number;
  readonly #first: Entry[] = [];
  readonly #chunks: { readonly at: number; readonly length: number }[] = [];
  #last: Entry[] = [];

  /** `most`: how many stay in memory. */
  constructor(spool: Spool, most = MOST) {
    this.#spool = spool;
    this.#most = most;
  }

  /** Adds an entry; a file must have a digest. */
  add(entry: Entry): void {
    if (this.#first.length < this.#most) {
      this.#first.push(entry);
      return;
    }
    this.#last.push(entry);
    if (this.#last.length < CHUNK) return;
    const encoder = new EntryEncoder();
    for (const one of this.#last) encoder.add(one);
    const bytes = encoder.take();
    this.#chunks.push({ at: this.#spool.append(bytes), length: bytes.length });
    this.#last = [];
  }

  *[Symbol.iterator](): Generator<Entry> {
    yield* this.#first;
    for (const { at, length } of this.#chunks) yield* decodeEntries(this.#spool.read(at, length));
    yield* this.#last;
  }
}
