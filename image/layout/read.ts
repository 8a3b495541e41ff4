// Reads an OCI layout in a folder. The folder may come from anywhere: its files are read only where
// they are regular files (a FIFO would hang, a device be worse), and nothing of it is believed
// that its digest does not confirm. Nothing is ever written to it.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { collectChunks, verifyChunks } from '../../cache/blob-verify.ts';
import { type Digest, hexOf } from '../../core/digest.ts';
import { BuildError, errnoOf } from '../../core/errors.ts';
import { readChunks } from '../../core/read-chunks.ts';
import { safeText } from '../../core/safe-text.ts';
import { loadImage } from '../load-image.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../manifest.ts';
import type { Descriptor, Index } from '../model.ts';
import type { ImageSource } from '../source.ts';
import {
  checkLayoutFile,
  entryName,
  INDEX_FILE,
  imageNotFound,
  LAYOUT_FILE,
  MAX_INDEX_BYTES,
  parseIndexFile,
} from './index-file.ts';
import { selectEntry } from './select.ts';

/** Names, and blobs by digest, of one layout, whatever it is kept in: a folder or a tar. */
export interface LayoutReader {
  /** As people know it: the path of the folder or archive. */
  readonly place: string;
  readonly index: Index;
  /** Yields a blob's bytes unchecked; undefined where there is none. */
  openRaw(digest: Digest): Promise<{ size: number; chunks: AsyncIterable<Uint8Array> } | undefined>;
}

/** Opens the OCI layout in the folder `path` as a source; names are those of `selectEntry`. Throws E_LAYOUT_INVALID. */
export async function openLayout(path: string): Promise<ImageSource> {
  return layoutSource(await openLayoutFolder(path));
}

/** Opens the OCI layout in the folder `path` for its blobs. Throws E_LAYOUT_INVALID. */
export async function openLayoutFolder(path: string): Promise<LayoutReader> {
  const place = safeText(path);
  checkLayoutFile(await readSmall(path, LAYOUT_FILE, place), place);
  const index = parseIndexFile(await readSmall(path, INDEX_FILE, place), place);
  return {
    place,
    index,
    openRaw: (digest) => openRegular(join(path, 'blobs', 'sha256', hexOf(digest))),
  };
}

/** The images of a layout as a source. */
export function layoutSource(reader: LayoutReader): ImageSource {
  const openBlob = (descriptor: Descriptor): AsyncIterable<Uint8Array> =>
    openChecked(reader, descriptor);
  return {
    async resolve(name, platform) {
      const selected = selectEntry(reader.index, name, platform, reader.place);
      const entry = typeof selected === 'string' ? await findByDigest(reader, selected) : selected;
      const shown = name === '' ? (entryName(entry) ?? entry.digest) : name;
      return await loadImage(`${shown} of ${reader.place}`, entry, platform, openBlob);
    },
  };
}

/** A manifest that no entry names may still be among the blobs, under an index that is named. */
async function findByDigest(reader: LayoutReader, digest: Digest): Promise<Descriptor> {
  const blob = await reader.openRaw(digest);
  const names = reader.index.manifests.flatMap((entry) => entryName(entry) ?? []);
  if (blob === undefined) throw imageNotFound(reader.place, digest, names);
  const { size } = blob;
  const bytes = await collectChunks(
    verifyChunks(blob.chunks, { digest, size }, reader.place),
    MAX_MANIFEST_BYTES,
    () => imageNotFound(reader.place, digest, names),
  );
  const parsed = parseManifest(bytes, undefined, `${digest} of ${reader.place}`);
  const document = parsed.kind === 'index' ? parsed.index : parsed.manifest;
  return { mediaType: document.mediaType, digest, size };
}

/** Yields a blob of the layout, checked by its end. Throws E_BLOB_MISSING, E_BLOB_CORRUPT. */
export async function* openChecked(
  reader: LayoutReader,
  { digest, size }: Descriptor,
): AsyncIterable<Uint8Array> {
  const blob = await reader.openRaw(digest);
  if (blob === undefined) {
    throw new BuildError('E_BLOB_MISSING', `${reader.place} lacks blob ${digest}`, {
      hint: 'the layout is not complete; write or copy it again',
    });
  }
  yield* verifyChunks(blob.chunks, { digest, size }, reader.place);
}

async function readSmall(folder: string, name: string, place: string): Promise<Buffer> {
  const file = await openRegular(join(folder, name));
  if (file === undefined) {
    throw new BuildError('E_LAYOUT_INVALID', `${place} is not an OCI layout: it has no ${name}`);
  }
  return await collectChunks(
    file.chunks,
    MAX_INDEX_BYTES,
    () => new BuildError('E_LAYOUT_INVALID', `${place}: ${name} is too large`),
  );
}

/** Opens a regular file for reading, following links as people who lay out folders use them; undefined where there is none. */
async function openRegular(
  path: string,
): Promise<{ size: number; chunks: AsyncIterable<Uint8Array> } | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '')) return undefined;
    throw new BuildError(
      'E_LAYOUT_INVALID',
      `${safeText(path)} cannot be read: ${errnoOf(error)}`,
      {
        cause: error,
      },
    );
  }
  const status = await file.stat();
  if (!status.isFile()) {
    await file.close();
    return undefined;
  }
  return { size: status.size, chunks: readAndClose(file) };
}

async function* readAndClose(file: FileHandle): AsyncIterable<Uint8Array> {
  try {
    yield* readChunks(file);
  } finally {
    await file.close();
  }
}
