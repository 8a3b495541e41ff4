// Bytes of an open file, piece by piece.

import type { OpenFile } from './open-file.ts';

/** What is read here: a file of Node's `fs/promises` is one too. */
type ReadableFile = Pick<OpenFile, 'read'>;

/** Each is a trip to the thread pool and back: smaller ones cost an archive of 86 MB half of its time. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * What may be done with a chunk: keep it for ever, or, where it is `lent`, until the next but one is asked for. Lent
 * ones are three buffers in turn: new memory for each takes a third of the time that it takes to copy a file.
 */
export type ChunkUse = 'own' | 'lent';

const LENT = 3;

/**
 * Yields `length` bytes of `file` from `start` (absolute; the file's own position is left alone), fewer where
 * the file ends. The next chunk is read while the consumer has one. `file` stays open.
 */
export async function* readChunks(
  file: ReadableFile,
  start = 0,
  length: number = Number.POSITIVE_INFINITY,
  use: ChunkUse = 'own',
): AsyncIterable<Uint8Array> {
  const end = start + length;
  const lent: Buffer[] = [];
  let count = 0;
  const bufferOf = (bytes: number): Buffer => {
    if (use === 'own') return Buffer.allocUnsafe(bytes);
    const index = count++ % LENT;
    lent[index] ??= Buffer.allocUnsafe(CHUNK_BYTES);
    return lent[index].subarray(0, bytes);
  };
  const readAt = async (position: number): Promise<Uint8Array> => {
    const bytes = Math.min(CHUNK_BYTES, end - position);
    if (bytes <= 0) return new Uint8Array();
    const { bytesRead, buffer } = await file.read(bufferOf(bytes), 0, bytes, position);
    const chunk = buffer.subarray(0, bytesRead);
    // Consumers gather small chunks: those are never lent.
    return use === 'lent' && bytesRead < CHUNK_BYTES ? Buffer.from(chunk) : chunk;
  };
  const startReading = (position: number): Promise<Uint8Array> => {
    const reading = readAt(position);
    // It is looked at in its turn.
    reading.catch(() => {});
    return reading;
  };
  let position = start;
  let next = startReading(position);
  try {
    while (position < end) {
      const chunk = await next;
      if (chunk.byteLength === 0) return;
      position += chunk.byteLength;
      next = startReading(position);
      yield chunk;
    }
  } finally {
    // The owner may close the file now.
    await next.catch(() => {});
  }
}
