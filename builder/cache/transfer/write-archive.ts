// An exported cache as a tar, or as a folder that is written anew each time: what an export before left there and this
// one does not need is removed, so that a folder that a CI keeps does not grow for ever.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskBlobs } from '../../../cache/blobs.ts';
import { ensureDirectory, temporaryName, writeFileAtomic } from '../../../core/atomic-file.ts';
import { hexOf } from '../../../core/digest.ts';
import { BuildError } from '../../../core/errors.ts';
import type { WriteAll } from '../../../core/output-file.ts';
import { packMembers, textMember } from '../../../image/archive/pack.ts';
import {
  encodeIndexFile,
  INDEX_FILE,
  LAYOUT_FILE,
  LAYOUT_TEXT,
} from '../../../image/layout/index-file.ts';
import { readEntries } from '../../../image/layout/write.ts';
import type { Descriptor } from '../../../image/model.ts';
import type { ExportedCache } from './export-cache.ts';
import { CACHE_MEDIA } from './format.ts';

/** Writes the cache as a tar by `write`. */
export async function writeCacheTar(cache: ExportedCache, write: WriteAll): Promise<void> {
  const blobs = cache.blobs.map(({ digest, size }) => ({
    name: `blobs/sha256/${hexOf(digest)}`,
    size,
    open: () => cache.open(digest),
  }));
  const members = [
    textMember(LAYOUT_FILE, LAYOUT_TEXT),
    ...blobs,
    textMember(INDEX_FILE, encodeIndexFile([entryOf(cache)])),
  ];
  await write(packMembers(members));
}

/** Writes the cache to the folder `path`, in place of one that was exported there before. Throws E_OUTPUT where it holds something else. */
export async function writeCacheFolder(cache: ExportedCache, path: string): Promise<void> {
  ensureDirectory(path);
  const there = await readEntries(path);
  if (there.some(({ artifactType }) => artifactType !== CACHE_MEDIA.artifact)) {
    throw new BuildError('E_OUTPUT', `${path} is an OCI layout with something else in it`, {
      hint: 'export the cache to a folder of its own',
    });
  }
  const temporaries = join(path, temporaryName('tmp'));
  const blobs = diskBlobs(path, temporaries);
  try {
    for (const blob of cache.blobs) {
      if ((await blobs.has(blob.digest)) !== blob.size)
        await blobs.put(cache.open(blob.digest), blob);
    }
  } finally {
    await rm(temporaries, { recursive: true, force: true });
  }
  await writeText(join(path, LAYOUT_FILE), LAYOUT_TEXT);
  await writeText(join(path, INDEX_FILE), encodeIndexFile([entryOf(cache)]));
  if (there.length === 0) return;
  const needed = new Set(cache.blobs.map(({ digest }) => digest));
  for await (const { digest } of blobs.list()) if (!needed.has(digest)) await blobs.delete(digest);
}

function entryOf({ manifest }: ExportedCache): Descriptor {
  const name = { 'org.opencontainers.image.ref.name': 'cache' };
  return { ...manifest, artifactType: CACHE_MEDIA.artifact, annotations: name };
}

async function writeText(path: string, text: string | Buffer): Promise<void> {
  await writeFileAtomic(path, async (file) => {
    await file.writeFile(text);
  });
}
