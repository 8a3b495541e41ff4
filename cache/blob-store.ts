// Bytes by digest. The contract that every implementation keeps is in the words below;
// test/cache/blob-store.suite.ts holds each of them against it.

import type { FileHandle } from 'node:fs/promises';
import type { Digest } from '../core/digest.ts';
import type { ChunkUse } from '../core/read-chunks.ts';

export interface BlobInfo {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** A blob as who wrote it tells of it. */
export interface WrittenBlob extends BlobInfo {
  /** The crc32 of its bytes. */
  readonly crc: number;
}

/** Parts of a blob, by their place in it. */
export interface BlobParts {
  /** Returns `length` bytes from `offset`, fewer where the blob ends. Nothing is checked: the caller must. */
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface BlobStore {
  /** Returns the size of the blob in bytes, or undefined where it is not there. Its content is not checked. */
  has(digest: Digest): Promise<number | undefined>;

  /**
   * Yields the blob's bytes, checking them on the way; `size` is what the caller was told that it has.
   * Bytes are yielded before the whole is checked: only a caller that reads to the end without an
   * error may believe them. Throws E_BLOB_MISSING, or E_BLOB_CORRUPT after removing the blob, so
   * that a later `put` heals the store. `use` is what the caller does with the chunks (`own`). The store keeps nothing open after the loop is left.
   */
  open(digest: Digest, size?: number, use?: ChunkUse): AsyncIterable<Uint8Array>;

  /** Returns the whole, checked blob. Throws as `open` does, and E_BLOB_CORRUPT (removing nothing) where it is larger than `maxBytes`. */
  read(digest: Digest, maxBytes: number): Promise<Buffer>;

  /** Opens a blob for reading parts of it; undefined where it is not there. The caller must close it. */
  parts(digest: Digest): Promise<BlobParts | undefined>;

  /**
   * Stores the bytes and returns their digest and size. Success means that the blob is there, whole and
   * durable, not that this call put it there: several processes may put the same blob at once.
   * `chunks` is always read to its end. Throws E_DIGEST_MISMATCH where the bytes are not the
   * `expected` ones, and whatever `chunks` throws; then nothing is left behind.
   */
  put(chunks: Chunks, expected?: BlobInfo): Promise<BlobInfo>;

  /**
   * Stores what `write` puts into the open, empty file at `path`, and tells the digest, size and crc32 of. They must be of the
   * very bytes that were written; only the size is looked at again. While this store is open, `open` hashes them
   * no second time: as long as it is the same file, it has to have the same crc32. Otherwise as `put`.
   */
  putBy(write: (file: FileHandle, path: string) => Promise<WrittenBlob>): Promise<BlobInfo>;

  /** Where the bytes of a blob lie, for another process that reads them; it may not be there. */
  pathOf(digest: Digest): string;

  /** Removes the blob; one that is not there is fine. A reader that has it open keeps reading. */
  delete(digest: Digest): Promise<void>;

  /** Yields every blob once, in no order; `size` is the bytes of disk that deleting it would free. */
  list(): AsyncIterable<BlobInfo>;
}
