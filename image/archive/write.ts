// Writes an image as a tar: an OCI layout, and on demand what `docker load` reads beside it, as
// current `docker save` does. The order is fixed and there are no times in it: the same image
// gives the same bytes.

import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Digest, hexOf } from '../../core/digest.ts';
import { imageBlobs, openImageBlob } from '../copy-blobs.ts';
import { encodeIndexFile, INDEX_FILE, LAYOUT_FILE, LAYOUT_TEXT } from '../layout/index-file.ts';
import { mergeIndex } from '../layout/merge-index.ts';
import { familiarReference, parseReference } from '../reference.ts';
import type { ImageSink, ResolvedImage } from '../source.ts';
import { type Member, packMembers, textMember } from './pack.ts';

/** `oci` is an OCI layout; `docker` has the `manifest.json` of `docker save` too. */
export type ArchiveForm = 'oci' | 'docker';

/** A sink that writes the first image that it is given, as a tar, to `output` and ends it. What has been written when it throws is not whole. */
export function archiveSink(form: ArchiveForm, output: Writable): ImageSink {
  return {
    async write(image, names) {
      await pipeline(packMembers(archiveMembers(form, image, names)), output);
    },
  };
}

function archiveMembers(
  form: ArchiveForm,
  image: ResolvedImage,
  names: readonly string[],
): Member[] {
  const blobs = imageBlobs(image).map((descriptor) => ({
    name: blobPath(descriptor.digest),
    size: descriptor.size,
    open: () => openImageBlob(image, descriptor),
  }));
  return [
    textMember(LAYOUT_FILE, LAYOUT_TEXT),
    textMember(INDEX_FILE, encodeIndexFile(mergeIndex([], image, names))),
    ...(form === 'docker' ? [textMember('manifest.json', dockerManifest(image, names))] : []),
    { name: 'blobs/', size: 0, open: () => [] },
    { name: 'blobs/sha256/', size: 0, open: () => [] },
    ...blobs.sort((a, b) => (a.name < b.name ? -1 : 1)),
  ];
}

/** https://github.com/moby/moby/blob/v28.0.0/image/tarexport/tarexport.go (manifestItem) */
function dockerManifest(image: ResolvedImage, names: readonly string[]): string {
  const tagged = names.map(parseReference).filter((reference) => reference.tag !== undefined);
  return JSON.stringify([
    {
      Config: blobPath(image.configDescriptor.digest),
      RepoTags: tagged.length === 0 ? null : tagged.map(familiarReference),
      Layers: image.layers.map((layer) => blobPath(layer.digest)),
    },
  ]);
}

function blobPath(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}
