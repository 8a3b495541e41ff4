// Digests of all files of a folder, remembered in one record under the folder's inode: a folder in which
// nothing changed costs one look-up and one comparison of bytes, whatever it holds. The record has the identity of every
// file in it and holds for exactly these. Where some differ, the others keep their digests and the record is replaced. The
// rule of file-digests.ts holds for each file: what is not settled is in the record without a digest.

import type { Table } from '../../cache/database.ts';
import {
  DIGEST_BYTES,
  type Digest,
  digestOfBytes,
  finishDigest,
  hexOf,
  startDigest,
} from '../../core/digest.ts';
import { type ContextModes, contextMode } from './context-modes.ts';
import { fileDigests, isSettled } from './file-digests.ts';
import { sameIdentity } from './file-identity.ts';
import { FolderFiles, ROW_BYTES } from './folder-files.ts';
import type { FolderReader } from './folder-reader.ts';
import { WHOLE_READ_LIMIT } from './read-unchanged.ts';

export interface FolderDigests {
  /** Of names, types, modes, sizes and contents: all that a copy of these files depends on, but not their times. */
  readonly listing: Digest;
  /** 32 bytes for each file, zeros for what is not regular. */
  readonly digests: Buffer;
}

export interface FolderPlace {
  /** Absolute. */
  readonly path: string;
  readonly dev: bigint;
  readonly ino: bigint;
}

export interface FolderDigestOptions {
  /** Remembered digests. */
  readonly digests: Table;
  readonly reader: FolderReader;
  readonly modes: ContextModes;
}

const UNKNOWN = Buffer.alloc(DIGEST_BYTES);

/** Returns the digests of `files`, which are all that the walk saw in the folder, and remembers them. Throws E_FILE_CHANGED, E_COPY_SOURCE. */
export async function folderDigests(
  options: FolderDigestOptions,
  folder: FolderPlace,
  files: FolderFiles,
): Promise<FolderDigests> {
  const { digests: table, modes } = options;
  const key = Buffer.from(`folder 2 ${modes} ${folder.dev}:${folder.ino}`, 'latin1');
  const record = table.get(key);
  const known = record && wholeRecord(record, files);
  if (known !== undefined) return known;
  const digests = await digestsWith(digestsByIdentity(record), options, folder.path, files);
  const settled = Buffer.from(digests);
  for (let index = 0; index < files.count; index++)
    if (files.isRegular(index) && !isSettled(files, index))
      settled.fill(0, index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
  const listing = listingDigest(files, digests, modes);
  const head = settled.equals(digests) ? bytesOf(listing) : UNKNOWN;
  table.put(key, encodeRecord(head, settled, files));
  return { listing, digests };
}

/** The digests of `files`, some of which `earlier` has. */
async function digestsWith(
  earlier: EarlierDigests,
  { digests: table, reader }: FolderDigestOptions,
  path: string,
  files: FolderFiles,
): Promise<Buffer> {
  const digests = Buffer.alloc(files.count * DIGEST_BYTES);
  const small: number[] = [];
  const large: number[] = [];
  for (let index = 0; index < files.count; index++) {
    if (!files.isRegular(index)) continue;
    const digest = earlier(files, index);
    if (digest !== undefined) digests.set(digest, index * DIGEST_BYTES);
    else (files.size(index) > WHOLE_READ_LIMIT ? large : small).push(index);
  }
  const fill = (indexes: readonly number[], made: Buffer): void => {
    for (const [place, index] of indexes.entries())
      made.copy(digests, index * DIGEST_BYTES, place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES);
  };
  // A large file's digest is worth a record of its own, which outlasts a move to another folder.
  if (large.length > 0) fill(large, await fileDigests(table, reader, path, files.pick(large)));
  if (small.length > 0) fill(small, await reader.digests(path, files.pick(small)));
  return digests;
}

/** The digest of what a copy of these files depends on. `digests` has 32 bytes for each. */
export function listingDigest(files: FolderFiles, digests: Buffer, modes: ContextModes): Digest {
  const rows = Buffer.alloc(files.count * LISTED_BYTES);
  for (let index = 0; index < files.count; index++) {
    const mode = files.mode(index);
    const at = index * LISTED_BYTES;
    rows.writeUInt32LE((mode & ~0o7777) | contextMode(modes, mode & 0o7777, false), at);
    if (files.isRegular(index)) rows.writeDoubleLE(files.size(index), at + 4);
  }
  const hash = startDigest();
  hash.update(`slipway-listing/2\0${files.count}\0`);
  for (const part of [rows, digests, files.text]) hash.update(part);
  return finishDigest(hash);
}

/** Of a file in a listing: type and mode, and size. */
const LISTED_BYTES = 4 + 8;

/** A record: the listing's digest (zeros where a file has none), the number of files, their digests, and the files as they are. */
function encodeRecord(listing: Uint8Array, digests: Uint8Array, files: FolderFiles): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(files.count);
  return Buffer.concat([listing, count, digests, files.bytes]);
}

function wholeRecord(record: Uint8Array, seen: FolderFiles): FolderDigests | undefined {
  const parts = partsOf(record);
  if (parts === undefined || parts.listing.equals(UNKNOWN) || !parts.files.bytes.equals(seen.bytes))
    return undefined;
  const listing = digestOfBytes(parts.listing);
  return listing && { listing, digests: parts.digests };
}

type EarlierDigests = (files: FolderFiles, index: number) => Buffer | undefined;

/** Gives the digests that a record, whole or not, has for the states of files in it. */
function digestsByIdentity(record: Uint8Array | undefined): EarlierDigests {
  const parts = record && partsOf(record);
  if (parts === undefined) return () => undefined;
  const { files: then, digests } = parts;
  const places = new Map<bigint, number>();
  for (let index = 0; index < then.count; index++) places.set(then.identity(index).ino, index);
  return (files, index) => {
    const identity = files.identity(index);
    const place = places.get(identity.ino);
    if (place === undefined || !sameIdentity(then.identity(place), identity)) return undefined;
    const digest = digests.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES);
    return digest.equals(UNKNOWN) ? undefined : digest;
  };
}

function partsOf(record: Uint8Array) {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (bytes.byteLength < DIGEST_BYTES + 4) return undefined;
  const count = bytes.readUInt32LE(DIGEST_BYTES);
  const start = DIGEST_BYTES + 4;
  const end = start + count * DIGEST_BYTES;
  if (bytes.byteLength < end + count * ROW_BYTES) return undefined;
  return {
    listing: bytes.subarray(0, DIGEST_BYTES),
    digests: bytes.subarray(start, end),
    files: new FolderFiles(bytes.subarray(end), count),
  };
}

function bytesOf(digest: Digest): Buffer {
  return Buffer.from(hexOf(digest), 'hex');
}
