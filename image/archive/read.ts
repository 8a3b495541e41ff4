// Reads an image archive: an OCI layout or the output of `docker save`, as a tar, gzipped or not.
// The file is used in place; only what is compressed or cannot be sought (a pipe) is copied first.
// Where an archive is both forms, the OCI one counts: its digests cover everything.

import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { temporaryName } from '../../core/atomic-file.ts';
import { type Digest, hexOf } from '../../core/digest.ts';
import { BuildError, errnoOf } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';
import {
  checkLayoutFile,
  entryName,
  INDEX_FILE,
  LAYOUT_FILE,
  parseIndexFile,
} from '../layout/index-file.ts';
import { type LayoutReader, layoutSource } from '../layout/read.ts';
import type { Descriptor, Index } from '../model.ts';
import { isAttestation } from '../platform.ts';
import { formatReference, parseReference } from '../reference.ts';
import { dockerArchiveSource, MANIFEST_FILE } from './docker.ts';
import { type ArchiveMembers, archiveMembers } from './members.ts';
import type { ArchivedImage, ArchiveImages, ArchiveSource } from './source.ts';
import { indexTar, invalid, truncated } from './tar-index.ts';

const MAGIC_BYTES = 6;

/**
 * Opens the image archive at a path, or in a stream; `tmpDir` takes the copy of one that must be copied. Names are those of
 * `selectEntry`: '' is the only image. Throws E_ARCHIVE_INVALID, E_ARCHIVE_TRUNCATED, E_LAYOUT_INVALID.
 */
export async function openArchive(from: string | Readable, tmpDir: string): Promise<ArchiveSource> {
  const place = placeOf(from);
  const file = await openSeekable(from, tmpDir, place);
  try {
    const members = archiveMembers(file, await indexTar(file, place), place);
    const source = await sourceOf(members, place);
    return { ...source, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** An OCI layout that is a tar, for its blobs. Opened and to be closed as `openArchive` does; throws as that. */
export async function openLayoutArchive(
  from: string | Readable,
  tmpDir: string,
): Promise<LayoutReader & Pick<ArchiveSource, 'close'>> {
  const place = placeOf(from);
  const file = await openSeekable(from, tmpDir, place);
  try {
    const members = archiveMembers(file, await indexTar(file, place), place);
    return { ...(await layoutOf(members, place)), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function placeOf(from: string | Readable): string {
  return typeof from === 'string' ? safeText(from) : 'standard input';
}

async function layoutOf(members: ArchiveMembers, place: string): Promise<LayoutReader> {
  checkLayoutFile(await members.readSmall(LAYOUT_FILE), place);
  return {
    place,
    index: parseIndexFile(await members.readSmall(INDEX_FILE), place),
    openRaw: async (digest) => members.open(`blobs/sha256/${hexOf(digest)}`),
  };
}

async function sourceOf(members: ArchiveMembers, place: string): Promise<ArchiveImages> {
  if (members.has(LAYOUT_FILE) && members.has(INDEX_FILE)) {
    const layout = await layoutOf(members, place);
    return { ...layoutSource(layout), images: imagesOf(layout.index) };
  }
  if (members.has(MANIFEST_FILE)) return await dockerArchiveSource(members);
  throw members.missing(`both ${INDEX_FILE} (OCI) and ${MANIFEST_FILE} (docker save)`);
}

function imagesOf({ manifests }: Index): ArchivedImage[] {
  const named = new Map<Digest, string[]>();
  for (const entry of manifests) {
    if (isAttestation(entry)) continue;
    const name = completeName(entry);
    const names = named.get(entry.digest) ?? [];
    named.set(entry.digest, name === undefined ? names : [...names, name]);
  }
  return [...named].map(([digest, names]) => ({ select: `@${digest}`, names }));
}

/** Some tools write a tag alone as the name, which says nothing of the image. */
function completeName(entry: Descriptor): string | undefined {
  const name = entryName(entry);
  return name !== undefined && /[/:]/.test(name)
    ? formatReference(parseReference(name))
    : undefined;
}

/** Returns the file itself where it is a plain tar, else an unpacked copy that has no name any more. */
async function openSeekable(
  from: string | Readable,
  tmpDir: string,
  place: string,
): Promise<FileHandle> {
  if (typeof from !== 'string') return await copyToTemporary(from, tmpDir, place);
  const file = await open(from, 'r').catch((error: unknown) => {
    const why = `${place} cannot be read: ${errnoOf(error)}`;
    throw new BuildError('E_ARCHIVE_INVALID', why, { cause: error });
  });
  try {
    const status = await file.stat();
    if (status.isDirectory()) throw invalid(place, 'it is a folder');
    if (!status.isFile()) return await copyToTemporary(file.createReadStream(), tmpDir, place);
    const { buffer } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    if (compressionOf(buffer, place) === 'none') return file;
    return await copyToTemporary(file.createReadStream({ start: 0 }), tmpDir, place);
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}

/** Throws E_UNSUPPORTED for what Node 20 cannot unpack. */
function compressionOf(start: Buffer, place: string): 'none' | 'gzip' {
  const hex = start.toString('hex');
  if (hex.startsWith('1f8b')) return 'gzip';
  const tool = Object.entries({ xz: 'fd377a58', zstd: '28b52ffd', bzip2: '425a68' }).find(
    ([, magic]) => hex.startsWith(magic),
  )?.[0];
  if (tool === undefined) return 'none';
  throw new BuildError('E_UNSUPPORTED', `${place} is compressed with ${tool}`, {
    hint: `unpack it first with ${tool} -d`,
  });
}

/** The copy loses its name at once, so that nothing is left of it however this process ends. */
async function copyToTemporary(
  source: Readable,
  tmpDir: string,
  place: string,
): Promise<FileHandle> {
  const path = join(tmpDir, temporaryName('archive'));
  const copy = await open(path, 'wx+', 0o600);
  try {
    await rm(path);
    const write = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of chunks) await copy.appendFile(chunk);
    };
    const { first, whole } = await peek(source);
    if (compressionOf(first, place) === 'none') await pipeline(whole, write);
    else await pipeline(whole, createGunzip(), write);
    return copy;
  } catch (error) {
    await copy.close();
    throw copyError(error, place);
  }
}

/** Returns the first bytes of a stream, and the stream with them still in it. */
async function peek(source: Readable): Promise<{ first: Buffer; whole: AsyncIterable<Buffer> }> {
  const iterator: AsyncIterator<Buffer> = source[Symbol.asyncIterator]();
  const { done, value } = await iterator.next();
  const first: Buffer = done === true ? Buffer.alloc(0) : value;
  return {
    first: first.subarray(0, MAGIC_BYTES),
    whole: (async function* () {
      yield first;
      yield* { [Symbol.asyncIterator]: () => iterator };
    })(),
  };
}

function copyError(error: unknown, place: string): unknown {
  const code = errnoOf(error);
  if (code === 'Z_BUF_ERROR') return truncated(place);
  if (code?.startsWith('Z_')) return invalid(place, 'its compressed data is damaged');
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new BuildError('E_STORE_UNUSABLE', `there is no room to unpack ${place}`, {
    cause: error,
  });
}
