// gzip on all cores, with bytes that do not depend on how many there are: the input is cut into blocks of
// a fixed size, each is deflated on its own with the 32 KiB before it as its dictionary, and the pieces
// joined are one ordinary gzip member (the method of pigz). zlib runs in libuv's threads.
// https://www.rfc-editor.org/rfc/rfc1952

import { availableParallelism } from 'node:os';
import { constants, crc32, deflateRaw } from 'node:zlib';

/** Input bytes of one block. The bytes of every layer depend on it. */
const BLOCK = 512 * 1024;
/** deflate looks back no further. */
const WINDOW = 32 * 1024;
/** docs/decisions/0011-gzip-level.md */
const LEVEL = 4;
/** No name, no time (a time would differ at each build), OS unknown. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

export interface GzipOptions {
  /** Default 4. */
  readonly level?: number;
  /** Input bytes of a block; default 512 KiB. */
  readonly blockSize?: number;
}

/**
 * The compressor in words, to be part of every key under which its output is kept: two of the same name give the same
 * bytes. The zlib inside Node hashes in other ways on other processors, so the architecture is part of it.
 */
export function compressorName(): string {
  return `gzip-${LEVEL};block=${BLOCK};zlib=${process.versions.zlib};arch=${process.arch}`;
}

/** Yields the chunks as one gzip member. Holds at most two blocks for each core. */
export async function* gzipBlocks(
  chunks: AsyncIterable<Uint8Array>,
  options: GzipOptions = {},
): AsyncGenerator<Uint8Array> {
  const { level = LEVEL, blockSize = BLOCK } = options;
  const inFlight: Promise<Buffer>[] = [];
  const most = 2 * availableParallelism();
  let checksum = 0;
  let size = 0;
  let previous: Buffer | undefined;
  let before: Buffer | undefined;

  const start = (block: Buffer, last: boolean): void => {
    const piece = deflateBlock(block, { level, last, dictionary: before?.subarray(-WINDOW) });
    // Awaited in order below; a failure before that must not count as unhandled.
    piece.catch(() => {});
    inFlight.push(piece);
    before = block;
  };

  yield HEADER;
  for await (const block of blocksOf(chunks, blockSize)) {
    checksum = crc32(block, checksum);
    size += block.length;
    if (previous !== undefined) start(previous, false);
    previous = block;
    if (inFlight.length >= most) yield await next(inFlight);
  }
  start(previous ?? Buffer.alloc(0), true);
  while (inFlight.length > 0) yield await next(inFlight);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield trailer;
}

function next(inFlight: Promise<Buffer>[]): Promise<Buffer> {
  const piece = inFlight.shift();
  if (piece === undefined) throw new Error('no block in flight');
  return piece;
}

interface DeflateOptions {
  readonly level: number;
  readonly last: boolean;
  readonly dictionary: Buffer | undefined;
}

function deflateBlock(block: Buffer, { level, last, dictionary }: DeflateOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = {
      level,
      finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
      // Room for a whole block: one trip to the thread pool, not one for every 16 KiB.
      chunkSize: block.length + 1024,
      ...(dictionary === undefined ? {} : { dictionary }),
    };
    deflateRaw(block, options, (error, piece) => (error ? reject(error) : resolve(piece)));
  });
}

/** The same bytes in blocks of `blockSize`, the last one shorter. The blocks are never written to again. */
async function* blocksOf(
  chunks: AsyncIterable<Uint8Array>,
  blockSize: number,
): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(blockSize);
  let used = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; ) {
      const length = Math.min(blockSize - used, chunk.byteLength - at);
      block.set(chunk.subarray(at, at + length), used);
      used += length;
      at += length;
      if (used < blockSize) continue;
      yield block;
      block = Buffer.allocUnsafe(blockSize);
      used = 0;
    }
  }
  if (used > 0) yield block.subarray(0, used);
}
