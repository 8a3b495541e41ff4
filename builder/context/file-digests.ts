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

/** Returns the digest of the regular file at `path`, whose identity the caller has just taken: the remembered one, or what its bytes have. Throws E_FILE_CHANGED. */
export async function digestFile(
  table: Table,
  path: string,
  identity: FileIdentity,
): Promise<Digest> {
  const known = table.get(identityKey(identity));
  const remembered = known && digestOfBytes(known);
  if (remembered !== undefined) return remembered;
  const made = await digestBytes(path, identity);
  if (isSettled(identity)) table.put(identityKey(identity), Buffer.from(hexOf(made), 'hex'));
  return made;
}

/** Reads the file at `path`, whose identity the caller has just taken. Throws E_FILE_CHANGED. */
export async function digestBytes(path: string, identity: FileIdentity): Promise<Digest> {
  if (identity.size <= WHOLE_READ_LIMIT) return sha256(readWhole(path, identity));
  const hash = startDigest();
  for await (const chunk of readInChunks(path, identity)) hash.update(chunk);
  return finishDigest(hash);
}

/** True where what was just read under this identity may be remembered. */
export function isSettled({ mtimeNs, ctimeNs }: FileIdentity): boolean {
  const limit = BigInt(Date.now()) * 1_000_000n - RACY_NS;
  return mtimeNs < limit && ctimeNs < limit;
}

function identityKey({ dev, ino, size, mtimeNs, ctimeNs }: FileIdentity): Buffer {
  return Buffer.from(`${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`, 'latin1');
}
