// Checks bytes against a digest and a size while they stream by. No blob of any medium reaches a
// consumer without passing here (the registry, which resumes broken transfers, keeps its own count).

import { type Digest, finishDigest, startDigest } from '../core/digest.ts';
import { BuildError } from '../core/errors.ts';
import type { Chunks } from './blob-store.ts';

/**
 * Yields `chunks` unchanged and throws E_BLOB_CORRUPT, naming `place`, as soon as there are more than
 * `size` bytes, or at the end where the size or the digest is another. An undefined size is any.
 */
export async function* verifyChunks(
  chunks: Chunks,
  expected: { readonly digest: Digest; readonly size: number | undefined },
  place: string,
): AsyncIterable<Uint8Array> {
  const hash = startDigest();
  let seen = 0;
  for await (const chunk of chunks) {
    seen += chunk.byteLength;
    if (expected.size !== undefined && seen > expected.size) {
      throw corrupt(expected.digest, place, `it has more than ${expected.size} bytes`);
    }
    hash.update(chunk);
    yield chunk;
  }
  if (expected.size !== undefined && seen !== expected.size) {
    throw corrupt(expected.digest, place, `it has ${seen} bytes, not ${expected.size}`);
  }
  const actual = finishDigest(hash);
  if (actual !== expected.digest) throw corrupt(expected.digest, place, `its digest is ${actual}`);
}

/** The error for the blob `digest` of `place` that is not what its name says; `why` goes on after a colon. */
export function corrupt(digest: Digest, place: string, why: string): BuildError {
  return new BuildError('E_BLOB_CORRUPT', `blob ${digest} of ${place} is damaged: ${why}`, {
    hint: 'fetch the image again from where it comes from',
  });
}

/** Returns all bytes of `chunks`; throws what `tooLarge` returns once there are more than `maxBytes`. */
export async function collectChunks(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooLarge: () => Error,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge();
    parts.push(chunk);
  }
  return Buffer.concat(parts, size);
}
