import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { compressBlocks } from '../../../image/compress/compress-blocks.ts';
import { compressorFor } from '../../../image/compress/compression.ts';
import type { NodeCompressor } from '../../../image/compress/compressor.ts';
import { decompressLayer } from '../../../image/compress/decompress.ts';
import { gzip } from '../../../image/compress/gzip.ts';
import { zstd } from '../../../image/compress/zstd.ts';
import { type Block, blocksOf } from '../../../image/stream/block-cutter.ts';
import { chunksOf, collect } from '../../support/contents.ts';
import { seededRandom } from '../../support/seed.ts';

const hasZstd = 'zstdCompress' in zlib;

/** Bytes that compress neither very well nor not at all. */
function sampleBytes(length: number): Buffer {
  const random = seededRandom('gzip sample');
  const words = Array.from({ length: 500 }, () => random.next().toString(36).slice(2, 9));
  let text = '';
  while (text.length < length) text += `${words[random.int(words.length)]} `;
  return Buffer.from(text.slice(0, length));
}

async function* inBlocks(bytes: Buffer, size: number): AsyncGenerator<Block> {
  for (let at = 0; at < bytes.length; at += size) {
    yield { parts: [bytes.subarray(at, at + size)], identity: undefined };
  }
}

async function* bytesOf(blocks: AsyncIterable<Block>, compressor: NodeCompressor) {
  for await (const { bytes } of compressBlocks(blocks, compressor)) yield bytes;
}

const pack = (blocks: AsyncIterable<Block>, compressor: NodeCompressor): Promise<Buffer> =>
  collect(bytesOf(blocks, compressor));

/** Members of gzip in a row are one stream as frames of zstd are. */
const MEMBERS: NodeCompressor = {
  by: 'node',
  name: 'members of gzip',
  mediaType: '',
  compress: promisify<zlib.InputType, Buffer>(zlib.gzip),
};

const COMPRESSORS = [MEMBERS, ...(hasZstd ? [zstd(), zstd(1), zstd(19)] : [])];

test.each(
  COMPRESSORS.flatMap((compressor) =>
    [1, 65_535, 65_536, 65_537, 500_000].map((length) => ({ compressor, length })),
  ),
)('$length bytes come back from $compressor.name', async ({ compressor, length }) => {
  const bytes = sampleBytes(length);
  const packed = await pack(inBlocks(bytes, 65_536), compressor);
  expect((await collect(decompressLayer(chunksOf(packed)))).equals(bytes)).toBe(true);
});

test.each(COMPRESSORS)(
  'the bytes of $name do not depend on how the input comes in, or on timing',
  async (compressor) => {
    const bytes = sampleBytes(3_000_000);
    const packed = await pack(blocksOf(chunksOf(bytes, 2_000_000)), compressor);
    expect((await pack(blocksOf(chunksOf(bytes, 999)), compressor)).equals(packed)).toBe(true);
    const slow: NodeCompressor = {
      ...compressor,
      async compress(block) {
        await new Promise((resolve) => setTimeout(resolve, (block[0] ?? 0) % 7));
        return compressor.compress(block);
      },
    };
    expect((await pack(blocksOf(chunksOf(bytes)), slow)).equals(packed)).toBe(true);
  },
);

test('holds only so many blocks, however slow the reader', async () => {
  let taken = 0;
  async function* endless(): AsyncGenerator<Block> {
    for (;;) {
      taken++;
      yield { parts: [Buffer.alloc(65_536)], identity: undefined };
    }
  }
  const packed = compressBlocks(endless(), MEMBERS);
  for (let i = 0; i < 10; i++) await packed.next();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(taken).toBeLessThan(10 + 2 * 64 + 4);
  await packed.return(undefined);
});

test('an error of the source comes through', async () => {
  async function* failing(): AsyncGenerator<Block> {
    yield { parts: [Buffer.alloc(2_000_000)], identity: undefined };
    throw new Error('the source failed');
  }
  await expect(pack(failing(), MEMBERS)).rejects.toThrowError('the source failed');
});

test('the names say all that the bytes depend on', () => {
  expect(gzip().name).toBe('gzip-2;blocks=1;deflate=2');
  expect(gzip(9).name).toBe('gzip-9;blocks=1;deflate=2');
});

test.runIf(!hasZstd)('zstd on a Node without it is refused', () => {
  expect(() => compressorFor({ type: 'zstd' })).toThrowError(
    expect.objectContaining({
      code: 'E_UNSUPPORTED',
      message: `Node ${process.version} cannot write zstd`,
      hint: 'use Node 22.15 or newer, or compression=gzip',
    }),
  );
});
