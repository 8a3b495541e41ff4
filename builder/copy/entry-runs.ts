// Entries that have left the memory: runs in the build's spool, each sorted by path, each path once in a run. A run is
// cut into chunks whose first paths stay in memory, so that a path is found by reading one chunk.

import { lastWhere } from '../../core/last-where.ts';
import type { Spool } from '../../core/spool.ts';
import type { Entry } from '../../image/entry.ts';
import { decodeEntries, EntryEncoder } from '../../image/entry-codec.ts';
import { comparePaths } from '../../image/tree/path-order.ts';

/** An entry with the number of its arrival. */
export interface Row {
  readonly entry: Entry;
  readonly number: number;
}

interface Chunk {
  readonly first: string;
  readonly count: number;
  readonly at: number;
  /** Bytes of the entries; the numbers stand before them. */
  readonly length: number;
}

interface Run {
  readonly chunks: Chunk[];
  last: string;
}

const CHUNK_ROWS = 512;
const NUMBER_BYTES = Float64Array.BYTES_PER_ELEMENT;
/** How many chunks are kept decoded. */
const KEPT = 4;

export class EntryRuns {
  readonly #spool: Spool;
  /** The newest is the last. */
  readonly #runs: Run[] = [];
  /** By chunk; the one that was used last is the last. */
  readonly #decoded = new Map<Chunk, ReadonlyMap<string, Row>>();

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** Adds rows that are sorted by path; what begins behind the end of the newest run goes on with it. */
  add(rows: readonly Row[]): void {
    const newest = this.#runs.at(-1);
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return;
    const goesOn = newest !== undefined && comparePaths(newest.last, first.entry.path) < 0;
    const run = goesOn ? newest : { chunks: [], last: '' };
    if (!goesOn) this.#runs.push(run);
    for (let at = 0; at < rows.length; at += CHUNK_ROWS)
      run.chunks.push(this.#write(rows.slice(at, at + CHUNK_ROWS)));
    run.last = last.entry.path;
  }

  /** The newest row of `path`. */
  find(path: string): Row | undefined {
    for (let index = this.#runs.length - 1; index >= 0; index--) {
      const run = this.#runs[index];
      if (run === undefined || comparePaths(path, run.last) > 0) continue;
      const chunk = lastWhere(run.chunks, ({ first }) => comparePaths(first, path) <= 0);
      const row = chunk && this.#rows(chunk).get(path);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** The rows of each run, in order. */
  runs(): Generator<Row>[] {
    return this.#runs.map((run) => this.#read(run));
  }

  *#read({ chunks }: Run): Generator<Row> {
    for (const chunk of chunks) yield* this.#decode(chunk);
  }

  #write(rows: readonly Row[]): Chunk {
    const numbers = new Float64Array(rows.length);
    const encoder = new EntryEncoder();
    for (const [index, { entry, number }] of rows.entries()) {
      numbers[index] = number;
      encoder.add(entry);
    }
    const entries = encoder.take();
    const at = this.#spool.append(Buffer.concat([Buffer.from(numbers.buffer), entries]));
    const first = rows[0]?.entry.path ?? '';
    return { first, count: rows.length, at, length: entries.length };
  }

  *#decode({ count, at, length }: Chunk): Generator<Row> {
    const bytes = this.#spool.read(at, count * NUMBER_BYTES + length);
    let index = 0;
    for (const entry of decodeEntries(bytes.subarray(count * NUMBER_BYTES)))
      yield { entry, number: bytes.readDoubleLE(index++ * NUMBER_BYTES) };
  }

  #rows(chunk: Chunk): ReadonlyMap<string, Row> {
    const rows =
      this.#decoded.get(chunk) ??
      new Map([...this.#decode(chunk)].map((row) => [row.entry.path, row]));
    this.#decoded.delete(chunk);
    this.#decoded.set(chunk, rows);
    const [oldest] = this.#decoded.keys();
    if (this.#decoded.size > KEPT && oldest !== undefined) this.#decoded.delete(oldest);
    return rows;
  }
}
