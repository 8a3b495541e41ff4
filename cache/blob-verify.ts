// Checks bytes against a digest and a size while they stream by. No blob of any medium reaches a
// consumer without passing here (the registry, which resumes broken transfers, keeps its own count).

import { crc32 } from 'node:zlib';
import { type Digest, finishDigest, startDigest } from '../core/digest.ts';
import { BuildError } from '../core/errors.ts';
import type { Chunks } from './blob-store.ts';

/** What bytes have to be. */
export interface ExpectedBytes {
  readonly digest: Digest;
  readonly size: number | undefined;
  /** Of bytes that this process has hashed before: their crc32 is looked at, in place of the digest. */
  readonly crc?: number | undefined;
}

/**
 * Yields `chunks` unchanged and throws E_BLOB_CORRUPT, naming `place`, as soon as there are more than
 * `size` bytes, or at the end where the size or the digest is another. An undefined size is any.
 */
export async function* verifyChunks(
  chunks: Chunks,
  expected: ExpectedBytes,
  place: string,
): AsyncIterable<Uint8Array> {
  const sum = expected.crc === undefined ? digestSum() : crcSum();
  let seen = 0;
  for await (const chunk of chunks) {
    seen += chunk.byteLength;
    if (expected.size !== undefined && seen > expected.size) {
      throw corrupt(expected.digest, place, `it has more than ${expected.size} bytes`);
    }
    sum.update(chunk);
    yield chunk;
  }
  if (expected.size !== undefined && seen !== expected.size) {
    throw corrupt(expected.digest, place, `it has ${seen} bytes, not ${expected.size}`);
  }
  const actual = sum.end();
  if (actual !== (expected.crc ?? expected.digest))
    throw corrupt(expected.digest, place, `its ${sum.name} is ${actual}`);
}

interface Sum {
  readonly name: string;
  update(bytes: Uint8Array): void;
  end(): Digest | number;
}

function digestSum(): Sum {
  const hash = startDigest();
  return {
    name: 'digest',
    update: (bytes) => void hash.update(bytes),
    end: () => finishDigest(hash),
  };
}

function crcSum(): Sum {
  let crc = 0;
  return {
    name: 'crc32',
    update: (bytes) => {
      crc = crc32(bytes, crc);
    },
    end: () => crc,
  };
}

/** The error for the blob `digest` of `place` that is not what its name says; `why` goes on after a colon. */
export function corrupt(digest: Digest, place: string, why: string): BuildError {
  return new BuildError('E_BLOB_CORRUPT', `blob ${digest} of ${place} is damaged: ${why}`, {
    hint: 'build the image again, or fetch it again from where it comes from',
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
