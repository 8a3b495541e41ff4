// A final name means a whole file. Everything that slipway leaves on disk is written beside its
// final name, synced, and renamed; a crash at any instant leaves either nothing or the whole file
// (and at worst a temporary that the next start sweeps).

import { randomBytes } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from './errors.ts';

/**
 * Writes `path` whole or not at all. `write` fills an open temporary in `tmpDir` (same file system
 * as `path`; the folder of `path` by default), which is then synced and renamed over `path`.
 * Throws what `write` throws, after removing the temporary.
 */
export async function writeFileAtomic(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  options: { tmpDir?: string; mode?: number } = {},
): Promise<void> {
  const temp = join(options.tmpDir ?? dirname(path), temporaryName('file'));
  const file = await open(temp, 'wx', options.mode ?? 0o644);
  try {
    await write(file);
    await file.sync();
    await file.close();
    await rename(temp, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(temp, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** A name that no other process picks: a prefix, the pid for people, and 64 random bits. */
export function temporaryName(prefix: string): string {
  return `.${prefix}-${process.pid}-${randomBytes(8).toString('hex')}`;
}

/** Makes the names inside a folder durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and its parents (with `mode`, 0777 by default, less the umask); a folder that exists is
 * fine. Node's own recursive mkdir never ends where a folder exists and says ENOENT for what is to be made in
 * it, as /proc does; this throws that ENOENT. Synchronous: a trip to the thread pool takes longer than the calls, and
 * each start makes a dozen.
 */
export function ensureDirectory(path: string, mode = 0o777): void {
  if (isDirectory(path)) return;
  const make = (at: string, parentIsThere: boolean): void => {
    try {
      mkdirSync(at, mode);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EEXIST' && isDirectory(at)) return;
      if (errno !== 'ENOENT' || parentIsThere || dirname(at) === at) throw error;
      make(dirname(at), false);
      make(at, true);
    }
  };
  make(path, false);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
