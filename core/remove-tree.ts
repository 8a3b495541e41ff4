// Removes a folder with everything in it, some files at a time: `rm` of node holds two KiB for everything that is in it,
// all at once, and a context or a step leaves hundreds of thousands of files behind.

import type { Dirent } from 'node:fs';
import { opendir, rmdir, unlink } from 'node:fs/promises';
import { errnoOf } from './errors.ts';
import { inParallel } from './in-parallel.ts';

/** How many files are removed at a time. */
const AT_ONCE = 64;
/** How often what is left of a folder is looked through: some file systems leave out names while others are removed. */
const ROUNDS = 10;

/** Removes the folder at `path`; nothing where there is none. Links in it are removed, not followed. Throws errors of the system. */
export async function removeTree(path: Buffer): Promise<void> {
  for (let round = 1; ; round++) {
    try {
      await removeInside(path);
      await rmdir(path);
      return;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT') return;
      if (errno !== 'ENOTEMPTY' || round === ROUNDS) throw error;
    }
  }
}

async function removeInside(path: Buffer): Promise<void> {
  // Names as bytes, which node's types leave out here.
  const options = { encoding: 'buffer' as BufferEncoding, bufferSize: AT_ONCE };
  let files: Buffer[] = [];
  const removeFiles = async (): Promise<void> => {
    await inParallel(files, AT_ONCE, unlink);
    files = [];
  };
  for await (const entry of await opendir(path, options)) {
    const { name } = entry as unknown as Dirent<Buffer>;
    const at = Buffer.concat([path, SLASH, name]);
    if (entry.isDirectory()) await removeTree(at);
    else if (files.push(at) === AT_ONCE) await removeFiles();
  }
  await removeFiles();
}

const SLASH = Buffer.from('/');
