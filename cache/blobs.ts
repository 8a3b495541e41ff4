// The blobs of an OCI layout folder on disk: `blobs/sha256/<hex>`. A name there is a whole file:
// bytes are hashed while they go to a temporary on the same file system, synced, and renamed.
// A blob that fails its check is removed, so that whoever has the bytes can put them again.

import { readFileSync, statSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory, temporaryName } from '../core/atomic-file.ts';
import { type Digest, finishDigest, hexOf, parseDigest, startDigest } from '../core/digest.ts';
import { type EarlySync, earlySync } from '../core/early-sync.ts';
import { BuildError, errnoOf, isBuildError } from '../core/errors.ts';
import { OpenFile } from '../core/open-file.ts';
import { type ChunkUse, readChunks } from '../core/read-chunks.ts';
import { ROOM_HINT } from '../core/room-hint.ts';
import type { BlobInfo, BlobParts, BlobStore, Chunks } from './blob-store.ts';
import { collectChunks, corrupt, verifyChunks } from './blob-verify.ts';

/** The blobs of the OCI layout in `root`; temporaries go to `tmpDir`, on the same file system. Folders are made when needed. */
export function diskBlobs(root: string, tmpDir: string): BlobStore {
  const folder = join(root, 'blobs', 'sha256');
  const pathOf = (digest: Digest): string => join(folder, hexOf(digest));
  /** Gives the bytes that `fill` writes and syncs their name. */
  const store = async <Info extends BlobInfo>(
    fill: (file: FileHandle, path: string) => Promise<Info>,
  ): Promise<Info> => {
    try {
      await mkdir(folder, { recursive: true });
      await mkdir(tmpDir, { recursive: true });
      return await putBlob(fill, tmpDir, pathOf);
    } catch (error) {
      throw storeError(error);
    }
  };
  const written = new Map<Digest, Written>();
  const openOne: BlobStore['open'] = (digest, size, use) =>
    openBlob(pathOf(digest), { digest, size, written: written.get(digest) }, use);
  return {
    async has(digest) {
      return statSync(pathOf(digest), { throwIfNoEntry: false })?.size;
    },
    open: openOne,
    async read(digest, maxBytes) {
      return await collectChunks(openOne(digest), maxBytes, () =>
        corrupt(digest, 'the store', `it has more than ${maxBytes} bytes`),
      );
    },
    parts: (digest) => openParts(pathOf(digest)),
    put: (chunks, expected) =>
      store(async (file) => {
        const sync = earlySync(file);
        try {
          const info = await writeHashed(file, sync, chunks);
          if (expected !== undefined) checkExpected(info, expected);
          await sync.finish();
          return info;
        } finally {
          await sync.settled();
        }
      }),
    async putBy(write) {
      const { digest, size, crc, inode } = await store(async (file, path) => {
        const info = await write(file, path);
        const status = await file.stat();
        if (status.size !== info.size)
          throw new Error(`${status.size} bytes were written, not ${info.size}`);
        await file.sync();
        return { ...info, inode: status.ino };
      });
      written.set(digest, { inode, crc });
      return { digest, size };
    },
    pathOf,
    async delete(digest) {
      await rm(pathOf(digest), { force: true });
    },
    async *list() {
      for (const name of await readdir(folder).catch(emptyWhereAbsent)) {
        const digest = parseDigest(`sha256:${name}`);
        if (digest === undefined) continue;
        const status = await stat(pathOf(digest)).catch(undefinedWhereAbsent);
        if (status !== undefined) yield { digest, size: status.blocks * 512 };
      }
    },
  };
}

/** Of a blob that is not larger, opening, reading and closing take less than a trip to the thread pool for each. */
const SMALL_BYTES = 64 << 10;

const REFETCH = 'pull or load the image that it belongs to again, or build it with --no-cache';

/** A file that `putBy` wrote, whose bytes were hashed then. */
interface Written {
  readonly inode: number;
  readonly crc: number;
}

interface ExpectedBlob {
  readonly digest: Digest;
  readonly size: number | undefined;
  readonly written: Written | undefined;
}

async function* openBlob(
  path: string,
  expected: ExpectedBlob,
  use?: ChunkUse,
): AsyncIterable<Uint8Array> {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status !== undefined && status.size <= SMALL_BYTES) {
    yield* checked(path, status.ino, [readFileSync(path)], expected);
    return;
  }
  if (status === undefined) throw missing(expected.digest);
  const file = openToRead(path, expected.digest);
  try {
    yield* checked(path, file.inode, readChunks(file, 0, Number.POSITIVE_INFINITY, use), expected);
  } finally {
    file.close();
  }
}

function openToRead(path: string, digest: Digest): OpenFile {
  try {
    return new OpenFile(path, 'r');
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? missing(digest) : error;
  }
}

function missing(digest: Digest): BuildError {
  return new BuildError('E_BLOB_MISSING', `blob ${digest} is not in the store`, { hint: REFETCH });
}

/** Yields what was read of the file `inode` at `path`; what is not as it should be is removed. */
async function* checked(
  path: string,
  inode: number,
  chunks: Chunks,
  { digest, size, written }: ExpectedBlob,
): AsyncIterable<Uint8Array> {
  const crc = written?.inode === inode ? written.crc : undefined;
  try {
    yield* verifyChunks(chunks, { digest, size, crc }, 'the store');
  } catch (error) {
    if (isBuildError(error) && error.code === 'E_BLOB_CORRUPT') await discard(path, inode);
    throw error;
  }
}

async function openParts(path: string): Promise<BlobParts | undefined> {
  const file = await open(path, 'r').catch(undefinedWhereAbsent);
  return (
    file && {
      async read(offset, length) {
        const { buffer, bytesRead } = await file.read(
          Buffer.allocUnsafe(length),
          0,
          length,
          offset,
        );
        return buffer.subarray(0, bytesRead);
      },
      close: () => file.close(),
    }
  );
}

/** Removes the damaged file, unless another process has put a whole one in its place meanwhile. */
async function discard(path: string, inode: number): Promise<void> {
  const present = statSync(path, { throwIfNoEntry: false });
  if (present?.ino === inode) await rm(path, { force: true });
}

async function putBlob<Info extends BlobInfo>(
  fill: (file: FileHandle, path: string) => Promise<Info>,
  tmpDir: string,
  pathOf: (digest: Digest) => string,
): Promise<Info> {
  const temp = join(tmpDir, temporaryName('blob'));
  const file = await open(temp, 'wx', 0o644);
  try {
    const info = await fill(file, temp);
    await file.close();
    await rename(temp, pathOf(info.digest));
    await syncDirectory(join(pathOf(info.digest), '..'));
    return info;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(temp, { force: true });
    throw error;
  }
}

async function writeHashed(file: FileHandle, sync: EarlySync, chunks: Chunks): Promise<BlobInfo> {
  const hash = startDigest();
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.byteLength;
    await file.appendFile(chunk);
    sync.wrote(chunk.byteLength);
  }
  return { digest: finishDigest(hash), size };
}

function checkExpected(actual: BlobInfo, expected: BlobInfo): void {
  if (actual.digest === expected.digest && actual.size === expected.size) return;
  throw new BuildError(
    'E_DIGEST_MISMATCH',
    `expected ${expected.size} bytes with digest ${expected.digest}, got ${actual.size} with ${actual.digest}`,
  );
}

/** A full or read-only disk is the user's to solve, not a bug. */
function storeError(error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined || !['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'].includes(errno)) return error;
  return new BuildError('E_STORE_UNUSABLE', `a blob cannot be written to the store: ${errno}`, {
    cause: error,
    hint: ROOM_HINT,
  });
}

function emptyWhereAbsent(error: unknown): string[] {
  if (errnoOf(error) === 'ENOENT') return [];
  throw error;
}

function undefinedWhereAbsent(error: unknown): undefined {
  if (errnoOf(error) === 'ENOENT') return undefined;
  throw error;
}
