// zstd where Node has none (before 22.15): in JavaScript, at a quarter of the speed, without a look at the
// checksum of frames. A layer's own digest covers that.

import { BuildError } from '../../core/errors.ts';
import { ChunkReader } from '../stream/chunk-reader.ts';
import { damaged } from './compression-error.ts';
import { zstdPieces } from './zstd-pieces.ts';

/** Yields what `input` unpacks to. Throws E_LAYER_INVALID, E_LAYER_TRUNCATED, E_LAYER_LIMIT, and what `input` throws. */
export async function* unzstd(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd');
  const ready: Uint8Array[] = [];
  const stream = new Decompress((chunk) => void ready.push(chunk));
  const push = (piece: Uint8Array, last: boolean): void => {
    try {
      stream.push(piece, last);
    } catch (error) {
      throw zstdError(error);
    }
  };
  for await (const piece of zstdPieces(new ChunkReader(input))) {
    // The library keeps views of what it is given.
    push(new Uint8Array(piece), false);
    yield* ready.splice(0);
  }
  push(new Uint8Array(0), true);
  yield* ready.splice(0);
}

function zstdError(error: unknown): unknown {
  const message = error instanceof Error ? error.message : '';
  if (/unexpected EOF/.test(message)) {
    return new BuildError('E_LAYER_TRUNCATED', 'the compressed data ends too early');
  }
  return damaged(message || 'it is no zstd', error);
}
