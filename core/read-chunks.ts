// Bytes of an open file, piece by piece.

import type { OpenFile } from './open-file.ts';

/** What is read here: a file of Node's `fs/promises` is one too. */
type ReadableFile = Pick<OpenFile, 'read'>;

/** Each is a trip to the thread pool and back: smaller ones cost an archive of 86 MB half of its time. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Yields `length` bytes of `file` from `start` (absolute; the file's own position is left alone), fewer where
 * the file ends. Every chunk is a buffer of its own: the consumer may keep it. The next chunk is read while the
 * consumer has one. `file` stays open.
 */
export async function* readChunks(
  file: ReadableFile,
  start = 0,
  length: number = Number.POSITIVE_INFINITY,
): AsyncIterable<Uint8Array> {
  const end = start + length;
  const readAt = (position: number): Promise<Uint8Array> => {
    const reading = readChunk(file, position, Math.min(CHUNK_BYTES, end - position));
    // It is looked at in its turn.
    reading.catch(() => {});
    return reading;
  };
  let position = start;
  let next = readAt(position);
  try {
    while (position < end) {
      const chunk = await next;
      if (chunk.byteLength === 0) return;
      position += chunk.byteLength;
      next = readAt(position);
      yield chunk;
    }
  } finally {
    // The owner may close the file now.
    await next.catch(() => {});
  }
}

async function readChunk(
  file: ReadableFile,
  position: number,
  length: number,
): Promise<Uint8Array> {
  if (length <= 0) return new Uint8Array();
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
