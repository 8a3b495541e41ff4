// Digests of all files of a folder, remembered in one record under the folder's inode: a folder in which
// nothing changed costs one look-up and one comparison, whatever it holds. The record has the identity of every
// file in it and holds for exactly these. Where some differ, the others keep their digests and the record is replaced. The
// rule of file-digests.ts holds for each file: what is not settled is in the record without a digest.

import { setImmediate } from 'node:timers/promises';
import type { Table } from '../../cache/database.ts';
import { type Digest, digestOfBytes, hexOf, sha256 } from '../../core/digest.ts';
import { type ContextModes, contextMode } from './context-modes.ts';
import { digestBytes, digestFile, isSettled } from './file-digests.ts';
import { type FileIdentity, sameIdentity } from './file-identity.ts';
import { type FolderFiles, identitiesIn, ROW_BYTES } from './folder-files.ts';
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

const BYTES = 32;
const UNKNOWN = Buffer.alloc(BYTES);
/** How many files are read before other work gets a turn: signals, steps that run. */
const TURN = 64;

/** Returns the digests of `files`, which are all that the walk saw in the folder, and remembers them. Throws E_FILE_CHANGED, E_COPY_SOURCE. */
export async function folderDigests(
  table: Table,
  folder: FolderPlace,
  modes: ContextModes,
  files: FolderFiles,
): Promise<FolderDigests> {
  const key = Buffer.from(`folder ${modes} ${folder.dev}:${folder.ino}`, 'latin1');
  const record = table.get(key);
  const seen = files.toBytes();
  const known = record && wholeRecord(record, seen, files.names.length);
  if (known !== undefined) return known;
  const earlier = digestsByIdentity(record);
  const digests = Buffer.alloc(files.names.length * BYTES);
  const settled = Buffer.alloc(digests.byteLength);
  let isWhole = true;
  for (const [index, name] of files.names.entries()) {
    if (!files.isRegular(index)) continue;
    const identity = files.identity(index);
    let digest = earlier(identity);
    if (digest === undefined) {
      digest = bytesOf(await digestOne(table, `${folder.path}/${name}`, identity));
      if (index % TURN === TURN - 1) await setImmediate();
    }
    digests.set(digest, index * BYTES);
    if (isSettled(identity)) settled.set(digest, index * BYTES);
    else isWhole = false;
  }
  const listing = listingDigest(files, digests, modes);
  const head = isWhole ? bytesOf(listing) : UNKNOWN;
  if (files.names.length > 0) table.put(key, encodeRecord(head, settled, seen));
  return { listing, digests };
}

/** The digest of what a copy of these files depends on. `digests` has 32 bytes for each. */
export function listingDigest(files: FolderFiles, digests: Buffer, modes: ContextModes): Digest {
  const rows = files.names.map((name, index) => [
    name,
    files.mode(index) & ~0o7777,
    contextMode(modes, files.mode(index) & 0o7777, false),
    ...(files.isRegular(index)
      ? [
          files.identity(index).size.toString(),
          digests.toString('hex', index * BYTES, (index + 1) * BYTES),
        ]
      : [files.link(index) ?? '']),
  ]);
  return sha256(`slipway-listing/1\0${JSON.stringify(rows)}`);
}

/** A large file's digest is worth a record of its own, which outlasts a move to another folder. */
function digestOne(table: Table, path: string, identity: FileIdentity): Promise<Digest> {
  const isLarge = identity.size > WHOLE_READ_LIMIT;
  return isLarge ? digestFile(table, path, identity) : digestBytes(path, identity);
}

/** A record: the listing's digest (zeros where a file has none), the number of files, their digests, and the files as `FolderFiles` gives them. */
function encodeRecord(listing: Uint8Array, digests: Uint8Array, files: Uint8Array): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(digests.byteLength / BYTES);
  return Buffer.concat([listing, count, digests, files]);
}

function wholeRecord(record: Uint8Array, seen: Buffer, count: number): FolderDigests | undefined {
  const parts = partsOf(record);
  if (parts?.count !== count || parts.listing.equals(UNKNOWN) || !parts.files.equals(seen))
    return undefined;
  const listing = digestOfBytes(parts.listing);
  return listing && { listing, digests: parts.digests };
}

/** Gives the digests that a record, whole or not, has for the states of files in it. */
function digestsByIdentity(
  record: Uint8Array | undefined,
): (identity: FileIdentity) => Buffer | undefined {
  const parts = record && partsOf(record);
  if (parts === undefined) return () => undefined;
  const identities = identitiesIn(parts.files, parts.count);
  const places = new Map(identities.map(({ ino }, index) => [ino, index]));
  return (identity) => {
    const index = places.get(identity.ino);
    const then = index === undefined ? undefined : identities[index];
    if (index === undefined || then === undefined || !sameIdentity(then, identity))
      return undefined;
    const digest = parts.digests.subarray(index * BYTES, (index + 1) * BYTES);
    return digest.equals(UNKNOWN) ? undefined : digest;
  };
}

function partsOf(record: Uint8Array) {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (bytes.byteLength < BYTES + 4) return undefined;
  const count = bytes.readUInt32LE(BYTES);
  const start = BYTES + 4;
  const end = start + count * BYTES;
  if (bytes.byteLength < end + count * ROW_BYTES) return undefined;
  return {
    count,
    listing: bytes.subarray(0, BYTES),
    digests: bytes.subarray(start, end),
    files: bytes.subarray(end),
  };
}

function bytesOf(digest: Digest): Buffer {
  return Buffer.from(hexOf(digest), 'hex');
}
