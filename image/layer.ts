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
  /** Tells where files lie, for who can read them there in place of `read`; undefined where none does. */
  places?(): Promise<PlaceOf<Entry> | undefined>;
}

/** Says where a file lies; undefined where its bytes must be read by `read`. */
export type PlaceOf<File> = (file: File) => FileOnDisk | undefined;

/** The bytes of one file, in pieces; an array where they are in memory already. */
export type ContentChunks = AsyncIterable<Uint8Array> | readonly Uint8Array[];

export interface FileContent {
  readonly entry: Entry;
  /** They add up to `entry.size` bytes. */
  readonly chunks: ContentChunks;
}

/** A file on disk, and what it must still be when its bytes have been read. */
export interface FileOnDisk {
  /** Absolute, as core/names.ts writes it, and without a link in it. */
  readonly path: string;
  /** What lstat says of it: device, inode, size, mtime and ctime in ns, 64 bits each, the lowest byte first. */
  readonly state: Uint8Array;
  /** The digest of its bytes, where the state does not tell enough: they must have it. */
  readonly digest: Digest | undefined;
}

/** A stretch of a layer's list. */
export interface ListChunk {
  readonly count: number;
  /** The same for the same entries. */
  readonly digest: Digest;
}

export interface LayerEntries extends Iterable<Entry> {
  /** What the list consists of, in order: lists that differ in one entry share the other chunks. */
  readonly chunks: readonly ListChunk[];
  /** The entries without the first `count`. */
  after(count: number): Iterable<Entry>;
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
