// Bytes of an open file, piece by piece.

import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 256 * 1024;

/**
 * Yields `length` bytes of `file` from `start` (absolute; the file's own position is left alone), fewer where
 * the file ends. Every chunk is a buffer of its own: the consumer may keep it. `file` stays open.
 */
export async function* readChunks(
  file: FileHandle,
  start = 0,
  length: number = Number.POSITIVE_INFINITY,
): AsyncIterable<Uint8Array> {
  let position = start;
  const end = start + length;
  while (position < end) {
    const wanted = Math.min(CHUNK_BYTES, end - position);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
