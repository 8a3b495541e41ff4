// Writes an image as a tar: an OCI layout, and on demand what `docker load` reads beside it, as
// current `docker save` does. The order is fixed and there are no times in it: the same image
// gives the same bytes.

import { type Digest, hexOf } from '../../core/digest.ts';
import type { WriteAll } from '../../core/output-file.ts';
import type { ChunkUse } from '../../core/read-chunks.ts';
import { imageBlobs, openImageBlob } from '../copy-blobs.ts';
import { encodeIndexFile, INDEX_FILE, LAYOUT_FILE, LAYOUT_TEXT } from '../layout/index-file.ts';
import { mergeIndex } from '../layout/merge-index.ts';
import { familiarReference, parseReference } from '../reference.ts';
import type { ImageSink, ResolvedImage } from '../source.ts';
import { type Member, packMembers, textMember } from './pack.ts';

/** `oci` is an OCI layout; `docker` has the `manifest.json` of `docker save` too. */
export type ArchiveForm = 'oci' | 'docker';

/** A sink that writes an image as a tar by `write`; `use` is what that does with the chunks. */
export function archiveSink(form: ArchiveForm, write: WriteAll, use: ChunkUse = 'own'): ImageSink {
  return {
    write: (image, names) => write(packMembers(archiveMembers(form, image, names, use))),
  };
}

function archiveMembers(
  form: ArchiveForm,
  image: ResolvedImage,
  names: readonly string[],
  use: ChunkUse,
): Member[] {
  const blobs = imageBlobs(image).map((descriptor) => ({
    name: blobPath(descriptor.digest),
    size: descriptor.size,
    open: () => openImageBlob(image, descriptor, use),
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
