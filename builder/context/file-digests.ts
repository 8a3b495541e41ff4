// Digests of files on disk, remembered by inode identity so that an unchanged file is not read
// again. As git's index does ("racily clean"), an identity is remembered only once the file's times
// lie safely in the past: a write within the clock's grain could change the content and not the times.

import type { Table } from '../../cache/database.ts';
import {
  type Digest,
  finishDigest,
  hexOf,
  parseDigest,
  sha256,
  startDigest,
} from '../../core/digest.ts';
import type { FileIdentity } from './file-identity.ts';
import { readInChunks, readWhole, WHOLE_READ_LIMIT } from './read-unchanged.ts';

/** Longer than any file system's time grain. */
const RACY_NS = 2_000_000_000n;

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
  const made =
    identity.size <= WHOLE_READ_LIMIT
      ? sha256(readWhole(path, identity))
      : await digestLarge(path, identity);
  if (isSettled(identity.mtimeNs) && isSettled(identity.ctimeNs)) {
    table.put(key, Buffer.from(hexOf(made), 'hex'));
  }
  return made;
}

async function digestLarge(path: string, identity: FileIdentity): Promise<Digest> {
  const hash = startDigest();
  for await (const chunk of readInChunks(path, identity)) hash.update(chunk);
  return finishDigest(hash);
}

function isSettled(timeNs: bigint): boolean {
  return BigInt(Date.now()) * 1_000_000n - timeNs > RACY_NS;
}

function identityKey({ dev, ino, size, mtimeNs, ctimeNs }: FileIdentity): Buffer {
  return Buffer.from(`${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`);
}
