// Digests of files on disk, remembered by inode identity so that an unchanged file is not read
// again. As git's index does ("racily clean"), an identity is remembered only once the file's times
// lie safely in the past: a write within the clock's grain could change the content and not the times.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Table } from '../../cache/database.ts';
import { type Digest, finishDigest, parseDigest, sha256, startDigest } from '../../core/digest.ts';
import { BuildError, errnoOf } from '../../core/errors.ts';

/** What lstat says of a file, as much of it as tells one state of its content from another. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** Longer than any file system's time grain. */
const RACY_NS = 2_000_000_000n;
/** A file that turns into a link or a pipe after it was looked at is neither followed nor waited for. */
export const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const WHOLE_READ_LIMIT = 1n << 20n;

/** Returns the digest of the regular file at `path`, whose identity the caller has just taken. Throws E_FILE_CHANGED. */
export async function digestFile(
  table: Table,
  path: string,
  identity: FileIdentity,
): Promise<Digest> {
  const key = identityKey(identity);
  const known = table.get(key);
  const digest = known && parseDigest(`sha256:${Buffer.from(known).toString('hex')}`);
  if (digest) return digest;
  const made = await hashUnchanged(path, identity);
  if (isSettled(identity.mtimeNs) && isSettled(identity.ctimeNs)) {
    table.put(key, Buffer.from(made.slice(7), 'hex'));
  }
  return made;
}

/** True where two identities are of the same state of the same file. */
export function sameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  return (
    a.ino === b.ino &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.dev === b.dev
  );
}

/** The error for a file that is not what it was when the context was read. */
export function fileChanged(path: string): BuildError {
  return new BuildError('E_FILE_CHANGED', `${path} changed while it was read`, {
    hint: 'something writes to the context during the build: stop it, or list the file in .dockerignore',
  });
}

function isSettled(timeNs: bigint): boolean {
  return BigInt(Date.now()) * 1_000_000n - timeNs > RACY_NS;
}

async function hashUnchanged(path: string, identity: FileIdentity): Promise<Digest> {
  let file: FileHandle;
  try {
    file = await open(path, OPEN_FLAGS);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw fileChanged(path);
    throw error;
  }
  try {
    const digest =
      identity.size <= WHOLE_READ_LIMIT ? sha256(await file.readFile()) : await stream(file);
    if (!sameIdentity(identity, await file.stat({ bigint: true }))) throw fileChanged(path);
    return digest;
  } finally {
    await file.close();
  }
}

async function stream(file: FileHandle): Promise<Digest> {
  const hash = startDigest();
  const chunks = file.createReadStream({ autoClose: false, start: 0, highWaterMark: 1 << 20 });
  for await (const chunk of chunks) hash.update(chunk as Buffer);
  return finishDigest(hash);
}

function identityKey({ dev, ino, size, mtimeNs, ctimeNs }: FileIdentity): Buffer {
  return Buffer.from(`${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`);
}
