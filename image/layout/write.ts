// Writes an image into an OCI layout folder. Blobs come first and the index last, by rename: a
// crash leaves the folder's former images as they were.

import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskBlobs } from '../../cache/blobs.ts';
import { ensureDirectory, temporaryName, writeFileAtomic } from '../../core/atomic-file.ts';
import { errnoOf } from '../../core/errors.ts';
import { copyBlobs } from '../copy-blobs.ts';
import type { Descriptor } from '../model.ts';
import type { ImageSink } from '../source.ts';
import {
  encodeIndexFile,
  INDEX_FILE,
  LAYOUT_FILE,
  LAYOUT_TEXT,
  parseIndexFile,
} from './index-file.ts';
import { mergeIndex } from './merge-index.ts';

/** A sink that writes to the OCI layout in the folder `path`, made where there is none; images that are there stay. */
export function layoutSink(path: string): ImageSink {
  return {
    async write(image, names) {
      ensureDirectory(path);
      const temporaries = join(path, temporaryName('tmp'));
      try {
        await copyBlobs(image, diskBlobs(path, temporaries));
      } finally {
        await rm(temporaries, { recursive: true, force: true });
      }
      await writeText(join(path, LAYOUT_FILE), LAYOUT_TEXT);
      const entries = await readEntries(path);
      await writeText(join(path, INDEX_FILE), encodeIndexFile(mergeIndex(entries, image, names)));
    },
  };
}

/** The entries of the index `name` in the layout folder `path`; none where it has no index yet. Throws E_LAYOUT_INVALID. */
export async function readEntries(path: string, name = INDEX_FILE): Promise<readonly Descriptor[]> {
  try {
    return parseIndexFile(readFileSync(join(path, name)), path).manifests;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function writeText(path: string, text: string | Buffer): Promise<void> {
  await writeFileAtomic(path, async (file) => {
    await file.writeFile(text);
  });
}
