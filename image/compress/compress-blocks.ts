// Compresses blocks on all cores and gives the pieces out in order. A block whose compressed form is known
// already is not compressed again.

import { availableParallelism } from 'node:os';
import { crc32 } from 'node:zlib';
import { type Block, blockBytes } from '../stream/block-cutter.ts';
import type { NodeCompressor } from './compressor.ts';

/** What a compressed piece was made of. */
export interface BlockSource {
  readonly identity: Block['identity'];
  readonly crc: number;
  readonly size: number;
}

export interface CompressedPiece {
  readonly bytes: Uint8Array;
  readonly source: BlockSource;
  /** Taken from an earlier blob. */
  readonly isReused: boolean;
}

/** Gives the compressed form of a block, where it is known. */
export type KnownPieces = (source: BlockSource) => Promise<Uint8Array | undefined>;

/**
 * Yields the pieces that, joined, are the stream that the blocks come to; `onBytes` gets the blocks' own bytes, in order. Holds at
 * most two blocks for each core.
 */
export async function* compressBlocks(
  blocks: AsyncIterable<Block>,
  compressor: NodeCompressor,
  onBytes: (bytes: Uint8Array) => void = () => {},
  known: KnownPieces = async () => undefined,
): AsyncGenerator<CompressedPiece> {
  const inFlight: Promise<CompressedPiece>[] = [];
  const most = 2 * availableParallelism();

  const compress = async ({ identity }: Block, bytes: Buffer): Promise<CompressedPiece> => {
    const source = { identity, crc: crc32(bytes), size: bytes.length };
    const found = await known(source);
    const piece = found ?? (await compressor.compress(bytes));
    return { bytes: piece, source, isReused: found !== undefined };
  };

  for await (const block of blocks) {
    const bytes = blockBytes(block);
    onBytes(bytes);
    const piece = compress(block, bytes);
    // Awaited in order below; a failure before that must not count as unhandled.
    piece.catch(() => {});
    inFlight.push(piece);
    if (inFlight.length >= most) yield await next(inFlight);
  }
  while (inFlight.length > 0) yield await next(inFlight);
}

function next(inFlight: Promise<CompressedPiece>[]): Promise<CompressedPiece> {
  const piece = inFlight.shift();
  if (piece === undefined) throw new Error('no block in flight');
  return piece;
}
