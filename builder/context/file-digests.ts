// Digests of files on disk, remembered by inode identity so that an unchanged file is not read
// again. As git's index does ("racily clean"), an identity is remembered only once the file's times
// lie safely in the past: a write within the clock's grain could change the content and not the times.

import type { Table } from '../../cache/database.ts';
import { DIGEST_BYTES } from '../../core/digest.ts';
import type { FileIdentity } from './file-identity.ts';
import type { FolderFiles } from './folder-files.ts';
import type { FolderReader } from './folder-reader.ts';

/** Longer than any file system's time grain. */
const RACY_NS = 2_000_000_000n;

/**
 * Returns the digests of `files` of the folder `path`, which were just looked at, 32 bytes for each and zeros for what is
 * not regular: the remembered ones, or what the bytes have. Each file has a record of its own. Throws E_FILE_CHANGED, E_COPY_SOURCE.
 */
export async function fileDigests(
  table: Table,
  reader: FolderReader,
  path: string,
  files: FolderFiles,
): Promise<Buffer> {
  const digests = Buffer.alloc(files.count * DIGEST_BYTES);
  const unknown: number[] = [];
  for (let index = 0; index < files.count; index++) {
    if (!files.isRegular(index)) continue;
    const known = table.get(identityKey(files.identity(index)));
    if (known?.byteLength === DIGEST_BYTES) digests.set(known, index * DIGEST_BYTES);
    else unknown.push(index);
  }
  const made = await reader.digests(path, files.pick(unknown));
  for (const [place, index] of unknown.entries()) {
    const digest = made.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES);
    digests.set(digest, index * DIGEST_BYTES);
    if (isSettled(files, index)) table.put(identityKey(files.identity(index)), digest);
  }
  return digests;
}

/** True where what was just read of a file may be remembered. */
export function isSettled(files: FolderFiles, index: number): boolean {
  return files.newest(index) < BigInt(Date.now()) * 1_000_000n - RACY_NS;
}

function identityKey({ dev, ino, size, mtimeNs, ctimeNs }: FileIdentity): Buffer {
  return Buffer.from(`${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`, 'latin1');
}
