// A zstd stream as the headers of its frames and their blocks, one by one, for the decoder in JavaScript: that moves the
// whole window for each block, so that a window larger than need be costs minutes for a few bytes, and many blocks at
// once cannot be stopped. https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1
// Every frame is looked at: a small one may stand before the one that wants too much.

import { BuildError } from '../../core/errors.ts';
import type { ChunkReader } from '../stream/chunk-reader.ts';
import { damaged } from './compression-error.ts';

/** What the program zstd takes without being asked for more. */
const MAX_WINDOW = 2 ** 27;
const MAGIC = 0xfd2fb528;
const MAX_BLOCK = 128 * 1024;
const RLE = 1;

/** Yields the pieces of the frames in `reader`, without those that are to be skipped. Throws E_LAYER_INVALID, E_LAYER_TRUNCATED, E_LAYER_LIMIT. */
export async function* zstdPieces(reader: ChunkReader): AsyncGenerator<Buffer> {
  while (await reader.fill(1)) {
    const magic = await take(reader, 4);
    if ((magic.readUInt32LE() & 0xffff_fff0) >>> 0 === 0x184d2a50) {
      await skip(reader, (await take(reader, 4)).readUInt32LE());
      continue;
    }
    if (magic.readUInt32LE() !== MAGIC) throw damaged('what follows a frame is none');
    const [descriptor = 0] = await take(reader, 1);
    const rest = await take(reader, headerBytes(descriptor));
    if (windowOf(descriptor, rest) > MAX_WINDOW) throw tooLarge();
    yield Buffer.concat([magic, Buffer.of(descriptor), rest]);
    yield* blocks(reader);
    if ((descriptor & 4) !== 0) yield await take(reader, 4);
  }
}

async function* blocks(reader: ChunkReader): AsyncGenerator<Buffer> {
  for (let isLast = false; !isLast; ) {
    const header = await take(reader, 3);
    const fields = header.readUIntLE(0, 3);
    const size = fields >> 3;
    if (size > MAX_BLOCK) throw damaged('a block is too large');
    isLast = (fields & 1) === 1;
    const body = ((fields >> 1) & 3) === RLE ? 1 : size;
    yield Buffer.concat([header, await take(reader, body)]);
  }
}

/** Of what stands behind the descriptor: the window, the dictionary's id, the size of the content. */
function headerBytes(descriptor: number): number {
  return windowBytes(descriptor) + dictionaryBytes(descriptor) + sizeBytes(descriptor);
}

/** A frame of one segment says no window: all of its content is. */
function windowBytes(descriptor: number): number {
  return (descriptor & 0x20) === 0 ? 1 : 0;
}

function dictionaryBytes(descriptor: number): number {
  return [0, 1, 2, 4][descriptor & 3] ?? 0;
}

function sizeBytes(descriptor: number): number {
  return [1 - windowBytes(descriptor), 2, 4, 8][descriptor >> 6] ?? 0;
}

function windowOf(descriptor: number, rest: Buffer): number {
  if (windowBytes(descriptor) === 1) {
    const [window = 0] = rest;
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const bytes = sizeBytes(descriptor);
  const size = rest.subarray(dictionaryBytes(descriptor));
  if (bytes === 8) return Number(size.readBigUInt64LE());
  return size.readUIntLE(0, bytes) + (bytes === 2 ? 256 : 0);
}

async function take(reader: ChunkReader, length: number): Promise<Buffer> {
  if (reader.buffered < length && !(await reader.fill(length))) throw truncated();
  return reader.take(length);
}

async function skip(reader: ChunkReader, length: number): Promise<void> {
  for (let left = length; left > 0; ) {
    if (reader.buffered === 0 && !(await reader.fill(1))) throw truncated();
    left -= reader.takeSome(left).length;
  }
}

function truncated(): BuildError {
  return new BuildError('E_LAYER_TRUNCATED', 'the compressed data ends too early');
}

function tooLarge(): BuildError {
  return new BuildError('E_LAYER_LIMIT', 'the compressed data wants a window of more than 128 MiB');
}
