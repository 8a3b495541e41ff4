// The images in slipway's own store: an OCI layout whose blobs are the store's, so that any OCI tool
// reads them. An entry of the index means that every blob of its image is there: blobs are copied
// before the index is changed. Changes of the index are made one after the other, whatever
// process they come from, so that two builds that tag at once both land.

import { join } from 'node:path';
import type { BlobStore } from '../cache/blob-store.ts';
import { ensureDirectory, writeFileAtomic } from '../core/atomic-file.ts';
import { type Digest, parseDigest } from '../core/digest.ts';
import { isBuildError } from '../core/errors.ts';
import { withFileLock } from '../core/file-lock.ts';
import { copyBlobs } from './copy-blobs.ts';
import {
  encodeIndexFile,
  entryName,
  INDEX_FILE,
  imageNotFound,
  indexEntry,
  LAYOUT_FILE,
  LAYOUT_TEXT,
  withName,
} from './layout/index-file.ts';
import { selectEntry } from './layout/select.ts';
import { readEntries } from './layout/write.ts';
import { loadImage } from './load-image.ts';
import { type Descriptor, MEDIA, type Platform } from './model.ts';
import { formatReference, parseReference } from './reference.ts';
import type { ImageSink, ImageSource, OpenBlob, ResolvedImage } from './source.ts';
import { describeEntry, type StoredImage, usedBlobs } from './stored-image.ts';

export interface LocalStore extends ImageSource, ImageSink {
  /** Finds an image by name (short or complete) or by digest (with or without `name@` before it). */
  resolve(name: string, platform: Platform): Promise<ResolvedImage>;
  /**
   * Copies what the store lacks of the image and gives it each of `names` (canonical references), taking
   * them from other images; without a name it is kept under its digest.
   */
  write(image: ResolvedImage, names: readonly string[]): Promise<void>;
  /** Gives the image called `source` the name `target` too. */
  tag(source: string, target: string): Promise<void>;
  /** Takes a name away, and with the last one the image; a digest takes all. Blobs stay until they are pruned. */
  untag(name: string): Promise<void>;
  list(): Promise<StoredImage[]>;
  /** Every blob that an image of the store needs: what a prune must keep. */
  usedBlobs(): Promise<Set<Digest>>;
}

const PLACE = 'the local store';

/** The images in the OCI layout folder `ociDir`, whose blobs are `blobs`. */
export function openLocalStore(ociDir: string, blobs: BlobStore): LocalStore {
  const openBlob: OpenBlob = ({ digest, size }, use) => blobs.open(digest, size, use);
  const change = (edit: (entries: readonly Descriptor[]) => readonly Descriptor[]) =>
    changeIndex(ociDir, edit);
  return {
    async resolve(name, platform) {
      const index = {
        schemaVersion: 2,
        mediaType: MEDIA.ociIndex,
        manifests: await readIndex(ociDir),
      } as const;
      const entry = selectEntry(index, name, platform, PLACE);
      if (typeof entry === 'string') throw imageNotFound(PLACE, name, namesOf(index.manifests));
      return await loadImage(name, entry, platform, openBlob);
    },
    async write(image, names) {
      await copyBlobs(image, blobs);
      await change((entries) => withNames(entries, indexEntry(image), names));
    },
    async tag(source, target) {
      const from = canonical(source);
      const to = formatReference(parseReference(target));
      await change((entries) => withNames(entries, find(entries, from), [to]));
    },
    async untag(name) {
      const key = canonical(name);
      await change((entries) => {
        const found = find(entries, key);
        const all = digestIn(key) !== undefined;
        return entries.filter((entry) => (all ? entry.digest !== found.digest : entry !== found));
      });
    },
    async list() {
      const entries = await readIndex(ociDir);
      return await Promise.all(entries.map((entry) => describeEntry(entry, blobs)));
    },
    async usedBlobs() {
      return await usedBlobs(await readIndex(ociDir), blobs);
    },
  };
}

/** The same as the index: which images there are, and so what must not be pruned, is nowhere else. */
const INDEX_COPY = '.index-copy.json';

/** The entries of the index, or of its copy where a disk has damaged it. */
async function readIndex(ociDir: string): Promise<readonly Descriptor[]> {
  try {
    return await readEntries(ociDir);
  } catch (error) {
    if (!isBuildError(error) || error.code !== 'E_LAYOUT_INVALID') throw error;
    const copied = await readEntries(ociDir, INDEX_COPY).catch(() => []);
    if (copied.length === 0) throw error;
    return copied;
  }
}

async function changeIndex(
  ociDir: string,
  edit: (entries: readonly Descriptor[]) => readonly Descriptor[],
): Promise<void> {
  ensureDirectory(ociDir);
  await withFileLock(join(ociDir, '.lock'), async () => {
    const edited = edit(await readIndex(ociDir));
    await writeFileAtomic(join(ociDir, LAYOUT_FILE), (file) => file.writeFile(LAYOUT_TEXT));
    for (const name of [INDEX_FILE, INDEX_COPY]) {
      await writeFileAtomic(join(ociDir, name), (file) => file.writeFile(encodeIndexFile(edited)));
    }
  });
}

/** A store holds many images: OCI's own annotation has the complete name here, since the tag alone would be ambiguous. */
function withNames(
  entries: readonly Descriptor[],
  image: Descriptor,
  names: readonly string[],
): Descriptor[] {
  const { annotations: _, ...unnamed } = image;
  const others = entries.filter((entry) => {
    const name = entryName(entry);
    // An image that has a name needs no entry without one.
    return name === undefined ? entry.digest !== image.digest : !names.includes(name);
  });
  const isKnown = others.some((entry) => entry.digest === image.digest);
  if (names.length === 0) return isKnown ? others : [...others, unnamed];
  return [...others, ...names.map((name) => withName(unnamed, name, name))];
}

/** The entry that `name` means: a canonical reference, or anything that ends in a digest. */
function find(entries: readonly Descriptor[], name: string): Descriptor {
  const digest = digestIn(name);
  const found = entries.find((entry) =>
    digest === undefined ? entryName(entry) === name : entry.digest === digest,
  );
  if (found === undefined) throw imageNotFound(PLACE, name, namesOf(entries));
  return found;
}

function canonical(name: string): string {
  return digestIn(name) ?? formatReference(parseReference(name));
}

function digestIn(name: string): Digest | undefined {
  return parseDigest(name.slice(name.indexOf('@') + 1));
}

function namesOf(entries: readonly Descriptor[]): string[] {
  return entries.flatMap((entry) => entryName(entry) ?? []);
}
