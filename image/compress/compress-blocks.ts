// Compresses blocks on all cores and gives the pieces out in order. A block whose compressed form is known
// already is not compressed again.

import { availableParallelism } from 'node:os';
import { crc32 } from 'node:zlib';
import type { Block } from '../stream/block-cutter.ts';
import type { BlockCompressor } from './block-compressor.ts';

/** What a compressed piece was made of. */
export interface BlockSource {
  readonly identity: Block['identity'];
  readonly crc: number;
  readonly size: number;
}

export interface CompressedPiece {
  readonly bytes: Uint8Array;
  /** Undefined for what stands before and after the blocks. */
  readonly source: BlockSource | undefined;
}

/** Gives the compressed form of a block, where it is known. */
export type KnownPieces = (source: BlockSource) => Promise<Uint8Array | undefined>;

/** Yields the stream that the blocks come to. Holds at most two blocks for each core. */
export async function* compressBlocks(
  blocks: AsyncIterable<Block>,
  compressor: BlockCompressor,
  known: KnownPieces = async () => undefined,
): AsyncGenerator<CompressedPiece> {
  const inFlight: Promise<CompressedPiece>[] = [];
  const most = 2 * availableParallelism();
  let crc = 0;
  let size = 0;

  const compress = async ({ identity, bytes }: Block): Promise<CompressedPiece> => {
    const source = { identity, crc: crc32(bytes), size: bytes.length };
    return { bytes: (await known(source)) ?? (await compressor.compress(bytes)), source };
  };

  yield { bytes: compressor.header, source: undefined };
  for await (const block of blocks) {
    crc = crc32(block.bytes, crc);
    size += block.bytes.length;
    const piece = compress(block);
    // Awaited in order below; a failure before that must not count as unhandled.
    piece.catch(() => {});
    inFlight.push(piece);
    if (inFlight.length >= most) yield await next(inFlight);
  }
  while (inFlight.length > 0) yield await next(inFlight);
  yield { bytes: compressor.trailer({ crc, size }), source: undefined };
}

function next(inFlight: Promise<CompressedPiece>[]): Promise<CompressedPiece> {
  const piece = inFlight.shift();
  if (piece === undefined) throw new Error('no block in flight');
  return piece;
}
