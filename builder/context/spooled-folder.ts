// What a scan has seen of the files of one folder, kept in the build's spool: of a million files no more stays in
// memory than where each folder's are.

import { DIGEST_BYTES } from '../../core/digest.ts';
import { lastWhere } from '../../core/last-where.ts';
import { compareNames } from '../../core/names.ts';
import type { Spool } from '../../core/spool.ts';
import { FolderFiles } from './folder-files.ts';

/** Some of a folder's files, which follow each other. */
export interface SpooledPart {
  /** The name of the first. */
  readonly first: string;
  readonly count: number;
  readonly at: number;
  readonly length: number;
}

/** The parts of a folder, in order; most folders have one. */
export type SpooledFolder = readonly SpooledPart[];

export interface OpenFolder {
  readonly files: FolderFiles;
  /** 32 bytes for each file, zeros for what is not regular. */
  readonly digests: Buffer;
}

/** So many files are in memory when a folder is gone through. */
const PART = 8192;

/** Keeps the files of a folder with their digests. */
export function spoolFolder(spool: Spool, { files, digests }: OpenFolder): SpooledFolder {
  const parts: SpooledPart[] = [];
  for (let from = 0; from < files.count; from += PART) {
    const part = files.slice(from, from + PART);
    const ofPart = digests.subarray(from * DIGEST_BYTES, (from + part.count) * DIGEST_BYTES);
    const at = spool.append(ofPart);
    spool.append(part.bytes);
    const length = ofPart.byteLength + part.bytes.byteLength;
    parts.push({ first: part.name(0), count: part.count, at, length });
  }
  return parts;
}

/** Reads one part back. */
export function openPart(spool: Spool, { count, at, length }: SpooledPart): OpenFolder {
  const bytes = spool.read(at, length);
  const end = count * DIGEST_BYTES;
  return {
    digests: bytes.subarray(0, end),
    files: new FolderFiles(bytes.subarray(end), count),
  };
}

/** The part in which a name is, if the folder has it. */
export function partWith(parts: SpooledFolder, name: string): SpooledPart | undefined {
  if (parts.length === 1) return parts[0];
  return lastWhere(parts, ({ first }) => compareNames(first, name) <= 0);
}
