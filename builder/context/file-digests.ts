// Digests of files on disk, remembered by inode identity so that an unchanged file is not read
// again. As git's index does ("racily clean"), an identity is remembered only once the file's times
// lie safely in the past: a write within the clock's grain could change the content and not the times.

import type { Table } from '../../cache/database.ts';
import {
  type Digest,
  digestOfBytes,
  finishDigest,
  hexOf,
  sha256,
  startDigest,
} from '../../core/digest.ts';
import type { FileIdentity } from './file-identity.ts';
import { readInChunks, readWhole, WHOLE_READ_LIMIT } from './read-unchanged.ts';

/** Longer than any file system's time grain. */
const RACY_NS = 2_000_000_000n;

/** The remembered digest of a file of this identity. Of most files of a build this is all that happens: nothing is waited for. */
export function knownFileDigest(table: Table, identity: FileIdentity): Digest | undefined {
  const known = table.get(identityKey(identity));
  return known && digestOfBytes(known);
}

/** Reads the regular file at `path`, whose identity the caller has just taken, and remembers its digest. Throws E_FILE_CHANGED. */
export async function digestFile(
  table: Table,
  path: string,
  identity: FileIdentity,
): Promise<Digest> {
  const made =
    identity.size <= WHOLE_READ_LIMIT
      ? sha256(readWhole(path, identity))
      : await digestLarge(path, identity);
  if (isSettled(identity.mtimeNs) && isSettled(identity.ctimeNs)) {
    table.put(identityKey(identity), Buffer.from(hexOf(made), 'hex'));
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
  return Buffer.from(`${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`, 'latin1');
}
