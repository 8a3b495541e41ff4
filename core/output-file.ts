// Writes a file where the user wants it. It appears under its name when it is whole; but what is there and
// no regular file is written to, never replaced: `dest=/dev/null` must not take the device away.

import { createWriteStream, realpathSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { ensureDirectory, temporaryName } from './atomic-file.ts';
import { earlySync } from './early-sync.ts';
import { errnoOf } from './errors.ts';
import { outputError } from './output-error.ts';

/** How far the writer may be ahead of the disk: it goes on while what it wrote is on its way. */
const AHEAD_BYTES = 4 << 20;

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
    ensureDirectory(dirname(path));
    if (isRegularFile(path)) await replace(withoutLinks(path), write);
    else await write(createWriteStream(path));
  } catch (error) {
    throw outputError(shown, error);
  }
}

/** True for a regular file, through links, and for a path where nothing is. */
export function isRegularFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
}

async function replace(path: string, write: (stream: Writable) => Promise<void>): Promise<void> {
  const temp = join(dirname(path), temporaryName(basename(path)));
  try {
    await write(durableStream(await open(temp, 'wx')));
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true }).catch(() => {});
    throw error;
  }
}

/** A stream into `file` that ends when everything is on the disk, and closes it. */
function durableStream(file: FileHandle): Writable {
  const sync = earlySync(file);
  return new Writable({
    highWaterMark: AHEAD_BYTES,
    write(chunk: Uint8Array, _encoding, done) {
      file.appendFile(chunk).then(() => {
        sync.wrote(chunk.byteLength);
        done();
      }, done);
    },
    final: (done) => void sync.finish().then(() => done(), done),
    destroy(error, done) {
      const close = sync.settled().then(() => file.close());
      close.then(() => done(error), done);
    },
  });
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
