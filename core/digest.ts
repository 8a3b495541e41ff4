// sha256 digests as OCI writes them: `sha256:` and 64 lower-case hex digits.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md#digests

import { createHash } from 'node:crypto';

declare const digestBrand: unique symbol;

/** A checked digest. Only this module makes them, so that no unchecked string becomes a file name. */
export type Digest = `sha256:${string}` & { readonly [digestBrand]: true };

/** What a digest takes where only its bytes are kept. */
export const DIGEST_BYTES = 32;

const PATTERN = /^sha256:[0-9a-f]{64}$/;

/** Returns `text` as a Digest, or undefined where it is not `sha256:` and 64 lower-case hex digits. */
export function parseDigest(text: unknown): Digest | undefined {
  return typeof text === 'string' && PATTERN.test(text) ? (text as Digest) : undefined;
}

/** The digest whose 32 bytes these are; undefined where there are more or fewer. */
export function digestOfBytes(bytes: Uint8Array): Digest | undefined {
  if (bytes.byteLength !== DIGEST_BYTES) return undefined;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return `sha256:${hex}` as Digest;
}

/** The digest whose 32 bytes stand at `at` of `bytes`. */
export function digestAt(bytes: Uint8Array, at: number): Digest {
  if (at + DIGEST_BYTES > bytes.length) throw new Error('a digest is cut short');
  // A view for each of a million digests would cost more than its digits.
  const digits = Buffer.isBuffer(bytes)
    ? bytes.toString('hex', at, at + DIGEST_BYTES)
    : Buffer.from(bytes.buffer, bytes.byteOffset + at, DIGEST_BYTES).toString('hex');
  return `sha256:${digits}` as Digest;
}

/** The 64 hex digits of a digest: a safe file name. */
export function hexOf(digest: Digest): string {
  return digest.slice(7);
}

/** Returns the digest of bytes (a string counts as UTF-8). */
export function sha256(bytes: Uint8Array | string): Digest {
  return finishDigest(createHash('sha256').update(bytes));
}

/** A sha256 under way. Said in words of its own, so that types of the library need none of node's. */
export interface DigestUnderWay {
  update(bytes: Uint8Array | string): unknown;
  digest(encoding: 'hex'): string;
}

/** Starts an incremental sha256; feed it with `update`, end it with `finishDigest`. */
export function startDigest(): DigestUnderWay {
  return createHash('sha256');
}

/** Ends an incremental sha256. */
export function finishDigest(hash: DigestUnderWay): Digest {
  return `sha256:${hash.digest('hex')}` as Digest;
}
