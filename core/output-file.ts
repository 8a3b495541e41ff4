// Writes a file where the user wants it. It appears under its name when it is whole; but what is there and
// no regular file is written to, never replaced: `dest=/dev/null` must not take the device away.

import { createWriteStream, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ensureDirectory, temporaryName } from './atomic-file.ts';
import { earlySync } from './early-sync.ts';
import { errnoOf } from './errors.ts';
import { OpenFile } from './open-file.ts';
import { outputError } from './output-error.ts';

/** Writes all that it is given; resolves when it is where it is to be. Throws what writing throws, and what comes of reading `chunks`. */
export type WriteAll = (chunks: AsyncIterable<Uint8Array>) => Promise<void>;

/**
 * Writes `chunks`, which may be lent, to the file at the absolute `path`, and resolves when it is whole. Throws what comes of reading
 * them, and E_OUTPUT naming `shown` for an error of the place.
 */
export async function writeOutputFile(
  path: string,
  shown: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    ensureDirectory(dirname(path));
    if (isRegularFile(path)) await replace(withoutLinks(path), chunks);
    else await pipeline(chunks, createWriteStream(path));
  } catch (error) {
    throw outputError(shown, error);
  }
}

/** Writes `chunks` to `stream` and ends it. Throws what comes of reading them, and E_OUTPUT naming `shown` for an error of the place. */
export async function writeOutputStream(
  stream: Writable,
  shown: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    await pipeline(chunks, stream);
  } catch (error) {
    throw outputError(shown, error);
  }
}

/** True for a regular file, through links, and for a path where nothing is. */
export function isRegularFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
}

async function replace(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const temp = join(dirname(path), temporaryName(basename(path)));
  const file = new OpenFile(temp, 'wx');
  try {
    await writeDurably(file, chunks).finally(() => file.close());
    renameSync(temp, path);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  }
}

/** Resolves when everything is on the disk. Each chunk is written while the next one is being made. */
async function writeDurably(file: OpenFile, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const sync = earlySync(file);
  let writing: Promise<void> | undefined;
  try {
    for await (const chunk of chunks) {
      await writing;
      writing = file.append(chunk).then(() => sync.wrote(chunk.byteLength));
      // It is looked at in its turn.
      writing.catch(() => {});
    }
    await writing;
    await sync.finish();
  } finally {
    await writing?.catch(() => {});
    await sync.settled();
  }
}

/** The file that a link means is replaced, not the link. */
function withoutLinks(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return path;
    throw error;
  }
}
