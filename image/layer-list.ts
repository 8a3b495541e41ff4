// The list of a layer's entries, by which a layer is named. Unlike a diffID it needs no tar, and unlike a tree's
// digest it has mtimes in it. It is kept in chunks, each an object of the store, and one object that names
// them: so a list of millions of entries is written and read a chunk at a time, a path is found without
// the rest, and two lists that differ in one entry share the other chunks. The form is pinned: a change of it is a
// change of the store's format, since layers on disk and in records are named by it.

import { crc32 } from 'node:zlib';
import { type Digest, parseDigest, sha256 } from '../core/digest.ts';
import { BuildError } from '../core/errors.ts';
import type { Entry } from './entry.ts';
import { decodeEntries, EntryEncoder } from './entry-codec.ts';
import type { LayerEntries, ListChunk } from './layer.ts';
import type { ObjectStore } from './tree/object-store.ts';
import { comparePaths } from './tree/path-order.ts';
import { assertInOrder } from './tree/sort-entries.ts';

const HEADER = 'slipway-layer-2\n';

/** A chunk ends before an entry when it has so many bytes and the entry's path says so, one of `MEAN` paths, */
const SMALLEST = 16 << 10;
const MEAN = 256;
/** or when it has so many. */
const LARGEST = 64 << 10;

type Chunk = readonly [firstPath: string, count: number, digest: Digest];

/** Takes the entries of a layer, which must be in canonical order, and files must have digests. */
export class LayerListWriter {
  readonly #objects: Pick<ObjectStore, 'put'>;
  readonly #chunks: Chunk[] = [];
  readonly #encoder = new EntryEncoder();
  #first = '';
  #count = 0;
  #previous: Entry | undefined;

  constructor(objects: Pick<ObjectStore, 'put'>) {
    this.#objects = objects;
  }

  add(entry: Entry): void {
    const { path } = entry;
    assertInOrder(this.#previous, entry);
    const { length } = this.#encoder;
    // Not by the number of entries before it: after a change, the chunks behind it are soon the same ones again.
    const ends = length >= LARGEST || (length >= SMALLEST && crc32(path) % MEAN === 0);
    // A directory and its opaque mark stay together, so that the directory is found.
    if (ends && entry.type !== 'opaque') this.#cut();
    if (this.#count === 0) this.#first = path;
    this.#encoder.add(entry);
    this.#count++;
    this.#previous = entry;
  }

  /** What is finished of the list. */
  get chunks(): readonly ListChunk[] {
    return chunksOf(this.#chunks);
  }

  /** Keeps the list and returns the layer's id. */
  finish(): Digest {
    if (this.#count > 0) this.#cut();
    return this.#objects.put(Buffer.from(HEADER + JSON.stringify(this.#chunks)));
  }

  #cut(): void {
    this.#chunks.push([this.#first, this.#count, this.#objects.put(this.#encoder.take())]);
    this.#count = 0;
  }
}

/** Returns the id of the layer with these entries, without keeping its list. */
export function layerId(entries: Iterable<Entry>): Digest {
  return nameEntries(entries).id;
}

/** Returns the id of the layer with these entries, and what its list would consist of, without keeping it. */
export function nameEntries(entries: Iterable<Entry>): {
  readonly id: Digest;
  readonly chunks: readonly ListChunk[];
} {
  const writer = new LayerListWriter({ put: sha256 });
  for (const entry of entries) writer.add(entry);
  const id = writer.finish();
  return { id, chunks: writer.chunks };
}

/** Keeps the list of a layer and returns its id. For lists that may be large, see builder/exec/keep-layer.ts. */
export function writeLayerList(
  objects: Pick<ObjectStore, 'put'>,
  entries: Iterable<Entry>,
): Digest {
  const writer = new LayerListWriter(objects);
  for (const entry of entries) writer.add(entry);
  return writer.finish();
}

/** How many chunks a list keeps decoded: what asks for paths asks for neighbours. */
const KEPT = 4;

/** The list of a layer, read from the store a chunk at a time, anew each time that it is gone through. */
export class LayerList implements LayerEntries {
  readonly #objects: ObjectStore;
  readonly #chunks: readonly Chunk[];
  /** By place; the one that was used last is the last. */
  readonly #decoded = new Map<number, ReadonlyMap<string, Entry>>();

  private constructor(objects: ObjectStore, chunks: readonly Chunk[]) {
    this.#objects = objects;
    this.#chunks = chunks;
  }

  /** The list of the layer `id`; undefined where the store does not have it. */
  static open(objects: ObjectStore, id: Digest): LayerList | undefined {
    const bytes = objects.get(id);
    return bytes && new LayerList(objects, decodeChunks(bytes));
  }

  /** How many entries there are. */
  get length(): number {
    return this.#chunks.reduce((sum, [, count]) => sum + count, 0);
  }

  /** The objects that the list is made of, without the one that names them. */
  get parts(): readonly Digest[] {
    return this.#chunks.map(([, , digest]) => digest);
  }

  get chunks(): readonly ListChunk[] {
    return chunksOf(this.#chunks);
  }

  /** Throws E_STORE_CORRUPT where the store has lost a part of the list. */
  *[Symbol.iterator](): Generator<Entry> {
    for (const chunk of this.#chunks) yield* decodeEntries(this.#read(chunk));
  }

  /** The entries of the parts that `other` does not have: all that differs between the two, and some that do not. Throws E_STORE_CORRUPT. */
  *apartFrom(other: LayerList): Generator<Entry> {
    const shared = new Set(other.parts);
    for (const chunk of this.#chunks)
      if (!shared.has(chunk[2])) yield* decodeEntries(this.#read(chunk));
  }

  *after(count: number): Generator<Entry> {
    let left = count;
    for (const chunk of this.#chunks) {
      if (left >= chunk[1]) {
        left -= chunk[1];
        continue;
      }
      for (const entry of decodeEntries(this.#read(chunk))) if (left-- <= 0) yield entry;
      left = 0;
    }
  }

  /** What the layer says of `path`, opaque marks left out. Throws E_STORE_CORRUPT. */
  find(path: string): Entry | undefined {
    const index = lastNotAfter(this.#chunks, path);
    const chunk = this.#chunks[index];
    return chunk && this.#entries(index, chunk).get(path);
  }

  #entries(index: number, chunk: Chunk): ReadonlyMap<string, Entry> {
    const entries = this.#decoded.get(index) ?? byPath(decodeEntries(this.#read(chunk)));
    this.#decoded.delete(index);
    this.#decoded.set(index, entries);
    const [oldest] = this.#decoded.keys();
    if (this.#decoded.size > KEPT && oldest !== undefined) this.#decoded.delete(oldest);
    return entries;
  }

  #read([, , digest]: Chunk): Uint8Array {
    const bytes = this.#objects.get(digest);
    if (bytes !== undefined) return bytes;
    throw new BuildError(
      'E_STORE_CORRUPT',
      `the store has lost a part of a layer's list, ${digest}`,
      {
        hint: 'build again: the step that made it will run again',
      },
    );
  }
}

function chunksOf(chunks: readonly Chunk[]): ListChunk[] {
  return chunks.map(([, count, digest]) => ({ count, digest }));
}

/** The place of the last chunk that does not begin after `path`, or -1. */
function lastNotAfter(chunks: readonly Chunk[], path: string): number {
  let [low, high] = [0, chunks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const chunk = chunks[middle];
    if (chunk !== undefined && comparePaths(chunk[0], path) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function byPath(entries: Iterable<Entry>): ReadonlyMap<string, Entry> {
  const found = new Map<string, Entry>();
  for (const entry of entries) if (entry.type !== 'opaque') found.set(entry.path, entry);
  return found;
}

function decodeChunks(bytes: Uint8Array): readonly Chunk[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (!text.startsWith(HEADER)) throw new Error('not a list of layer entries');
  const chunks = JSON.parse(text.slice(HEADER.length)) as Chunk[];
  if (!chunks.every(([, , digest]) => parseDigest(digest) !== undefined))
    throw new Error('not a list of layer entries');
  return chunks;
}
