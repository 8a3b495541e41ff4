// A blob as it is: what opens one as a whole removes it where it is damaged.

import type { BlobStore } from '../../cache/blob-store.ts';
import type { Digest } from '../../core/digest.ts';

const CHUNK = 1 << 20;

/** Yields the bytes of a blob without checking them; none of one that is not there. */
export async function* readByParts(blobs: BlobStore, digest: Digest): AsyncGenerator<Uint8Array> {
  const parts = await blobs.parts(digest);
  if (parts === undefined) return;
  try {
    for (let offset = 0; ; ) {
      const chunk = await parts.read(offset, CHUNK);
      if (chunk.length === 0) return;
      yield chunk;
      offset += chunk.length;
    }
  } finally {
    await parts.close();
  }
}
