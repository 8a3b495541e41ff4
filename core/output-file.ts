// Writes a file where the user wants it. It appears under its name when it is whole; but what is there and
// no regular file is written to, never replaced: `dest=/dev/null` must not take the device away.

import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { ensureDirectory, temporaryName } from './atomic-file.ts';
import { errnoOf } from './errors.ts';
import { outputError } from './output-error.ts';

/**
 * Gives `write` a stream, which it must end, and resolves when the file at the absolute `path` is whole. Throws
 * what `write` throws, and E_OUTPUT naming `shown` for an error of the place.
 */
export async function writeOutputFile(
  path: string,
  shown: string,
  write: (stream: Writable) => Promise<void>,
): Promise<void> {
  try {
    await ensureDirectory(dirname(path));
    if (await isRegularFile(path)) await replace(await withoutLinks(path), write);
    else await write(createWriteStream(path));
  } catch (error) {
    throw outputError(shown, error);
  }
}

/** True for a regular file, through links, and for a path where nothing is. */
export async function isRegularFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true;
    throw error;
  }
}

async function replace(path: string, write: (stream: Writable) => Promise<void>): Promise<void> {
  const temp = join(dirname(path), temporaryName(basename(path)));
  try {
    await write(createWriteStream(temp, { flags: 'wx', flush: true }));
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true }).catch(() => {});
    throw error;
  }
}

/** The file that a link means is replaced, not the link. */
async function withoutLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return path;
    throw error;
  }
}
