// A layer: the change that one op made, as a list of entries, and a way to their bytes.

import type { Digest } from '../core/digest.ts';
import type { Entry } from './entry.ts';

/** Where the bytes of a layer's files can be had. */
export interface LayerContents {
  /**
   * Yields the content of each of `files` (entries of type `file` of this layer), in the order given,
   * each exactly once. A consumer must read or cancel one content before it asks for the next.
   * Throws a BuildError where a content is not what its entry says.
   */
  read(files: readonly Entry[]): AsyncIterable<FileContent>;
}

/** The bytes of one file, in pieces; an array where they are in memory already. */
export type ContentChunks = AsyncIterable<Uint8Array> | readonly Uint8Array[];

export interface FileContent {
  readonly entry: Entry;
  /** They add up to `entry.size` bytes. */
  readonly chunks: ContentChunks;
}

export interface LayerEntries extends Iterable<Entry> {
  /** The entry for `path` that is no opaque mark; undefined where the layer says nothing of it. */
  find(path: string): Entry | undefined;
}

export interface Layer {
  /** The digest of the canonical list of entries (image/layer-list.ts): its name in the store. */
  readonly id: Digest;
  /** In canonical order; there may be millions, so they are read while they are gone through. Throws E_STORE_CORRUPT. */
  entries(): LayerEntries;
  readonly contents: LayerContents;
}
