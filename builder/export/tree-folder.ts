// `type=local`: the file system of a snapshot as a folder of the caller's. What is there already stays,
// as with buildx, but is never written through: the image decides what the files are, and an image
// with a link in it must not reach outside of the folder. Everything belongs to the caller.

import { chmod, link, lstat, lutimes, mkdir, open, rm, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDirectory } from '../../core/atomic-file.ts';
import { BuildError, errnoOf } from '../../core/errors.ts';
import { nameToBytes } from '../../core/names.ts';
import { withoutRoot } from '../../image/changed-entries.ts';
import type { Entry } from '../../image/entry.ts';
import type { ContentChunks } from '../../image/layer.ts';
import { inBatches } from '../../image/stream/in-batches.ts';
import type { CopySource } from '../copy/source.ts';

/** Writes everything in `source` below `folder`. Device nodes are left out and told of. Throws E_OUTPUT. */
export async function writeTreeFolder(
  source: CopySource,
  folder: string,
  onSkipped: (path: string, kind: string) => void,
): Promise<void> {
  ensureDirectory(folder);
  const all = withoutRoot(await source.walk({ path: '', isDirectory: true }));
  const directories: Entry[] = [];
  for (const entries of inBatches(all)) {
    for (const entry of entries) {
      const target = placeIn(folder, entry.path);
      if (entry.type === 'dir') {
        directories.push(entry);
        await makeFolder(target);
      } else if (entry.type === 'symlink') await makeLink(target, entry);
      else if (entry.type !== 'file' && entry.type !== 'hardlink')
        onSkipped(entry.path, entry.type);
    }
    const files = entries.filter(({ type }) => type === 'file');
    const contents = source.read(files.map((entry) => ({ path: entry.path, entry })));
    for await (const { entry, chunks } of contents) {
      await writeFile(placeIn(folder, entry.path), entry, chunks);
    }
    for (const { path, link: first } of entries.filter(({ type }) => type === 'hardlink')) {
      const target = placeIn(folder, path);
      await clear(target);
      await link(placeIn(folder, first ?? ''), target);
    }
  }
  // Last, and children first: writing into a folder changes its time, and its mode may forbid it.
  for (const entry of directories.reverse()) {
    const target = placeIn(folder, entry.path);
    await chmod(target, entry.mode & 0o777);
    await utimes(target, seconds(entry), seconds(entry));
  }
}

/** Parents are made before their children, as real directories, so a path below the folder has no link in it. */
function placeIn(folder: string, path: string): string {
  if (nameToBytes(path).equals(Buffer.from(path))) return join(folder, path);
  throw new BuildError(
    'E_UNSUPPORTED',
    `the name of /${path} is not UTF-8, which type=local cannot write`,
    {
      hint: 'type=tar can',
    },
  );
}

async function makeFolder(target: string): Promise<void> {
  try {
    await mkdir(target);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    if ((await lstat(target)).isDirectory()) return;
    await rm(target);
    await mkdir(target);
  }
  await chmod(target, 0o700);
}

async function makeLink(target: string, entry: Entry): Promise<void> {
  await clear(target);
  await symlink(entry.link ?? '', target);
  await lutimes(target, seconds(entry), seconds(entry));
}

async function writeFile(target: string, entry: Entry, chunks: ContentChunks): Promise<void> {
  await clear(target);
  const file = await open(target, 'wx', 0o600);
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
    await file.chmod(entry.mode & 0o777);
    await file.utimes(seconds(entry), seconds(entry));
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Takes away what is in the way: a file or a link, never a folder with something in it. */
async function clear(target: string): Promise<void> {
  try {
    if ((await lstat(target)).isDirectory()) {
      throw new BuildError('E_OUTPUT', `${target} is a folder, and the image has a file there`);
    }
    await rm(target);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function seconds(entry: Entry): number {
  return Number(entry.mtime / 1_000_000n) / 1000;
}
