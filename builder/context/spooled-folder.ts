// What a scan has seen of the files of one folder, kept in the build's spool: of a million files no more stays in
// memory than where each folder's are.

import { DIGEST_BYTES } from '../../core/digest.ts';
import type { Spool } from '../../core/spool.ts';
import { FolderFiles } from './folder-files.ts';

export interface SpooledFolder {
  readonly count: number;
  readonly at: number;
  readonly length: number;
}

export interface OpenFolder {
  readonly files: FolderFiles;
  /** 32 bytes for each file, zeros for what is not regular. */
  readonly digests: Buffer;
}

/** Keeps the files of a folder with their digests. */
export function spoolFolder(spool: Spool, { files, digests }: OpenFolder): SpooledFolder {
  const at = spool.append(digests);
  spool.append(files.bytes);
  return { count: files.count, at, length: digests.byteLength + files.bytes.byteLength };
}

/** Reads them back. */
export function openFolder(spool: Spool, { count, at, length }: SpooledFolder): OpenFolder {
  const bytes = spool.read(at, length);
  const end = count * DIGEST_BYTES;
  return {
    digests: bytes.subarray(0, end),
    files: new FolderFiles(bytes.subarray(end), count),
  };
}
