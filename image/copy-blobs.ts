// Brings everything that an image needs into a blob store.

import type { BlobStore } from '../cache/blob-store.ts';
import { inParallel } from '../core/in-parallel.ts';
import type { ChunkUse } from '../core/read-chunks.ts';
import type { Descriptor } from './model.ts';
import type { ResolvedImage } from './source.ts';

/** More at once make no registry faster. */
const AT_ONCE = 4;

/** Every blob of the image once, manifest first: layers that an image uses twice are one blob. */
export function imageBlobs(image: ResolvedImage): Descriptor[] {
  const all = [image.manifest, image.configDescriptor, ...image.layers];
  return [...new Map(all.map((descriptor) => [descriptor.digest, descriptor])).values()];
}

/** Opens any blob of the image; the manifest's and the config's bytes are there already. `use` is what is done with the others'. */
export async function* openImageBlob(
  image: ResolvedImage,
  descriptor: Descriptor,
  use?: ChunkUse,
): AsyncIterable<Uint8Array> {
  if (descriptor.digest === image.manifest.digest) yield image.manifestBytes;
  else if (descriptor.digest === image.configDescriptor.digest) yield image.configBytes;
  else yield* image.openBlob(descriptor, use);
}

/** Puts every blob of the image that `blobs` does not have into it. Throws what the image's source and the store throw. */
export async function copyBlobs(image: ResolvedImage, blobs: BlobStore): Promise<void> {
  await inParallel(imageBlobs(image), AT_ONCE, async (descriptor) => {
    const { digest, size } = descriptor;
    if ((await blobs.has(digest)) === size) return;
    await blobs.put(openImageBlob(image, descriptor), { digest, size });
  });
}
