import { spawnSync } from 'node:child_process';
import * as zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { decompressLayer } from '../../../image/compress/decompress.ts';
import { chunksOf, collect } from '../../support/contents.ts';
import { requiresPrograms } from '../../support/requires.ts';

const PLAIN = Buffer.from('some text '.repeat(100_000));

function unpack(bytes: Buffer, size = 65_536): Promise<Buffer> {
  return collect(decompressLayer(chunksOf(bytes, size)));
}

test.each<[string, Buffer]>([
  ['gzip', zlib.gzipSync(PLAIN)],
  [
    'gzip of several members',
    Buffer.concat([zlib.gzipSync(PLAIN.subarray(0, 1000)), zlib.gzipSync(PLAIN.subarray(1000))]),
  ],
  ['gzip with zeros behind', Buffer.concat([zlib.gzipSync(PLAIN), Buffer.alloc(512)])],
  ['nothing compressed', PLAIN],
])('%s comes out plain, in chunks of any size', async (_, bytes) => {
  for (const size of [1_000_000, 65_536, 1000]) {
    expect((await unpack(bytes, size)).equals(PLAIN)).toBe(true);
  }
});

test.each([0, 1, 5])('%i plain bytes come out as they are', async (length) => {
  expect(await unpack(PLAIN.subarray(0, length))).toEqual(PLAIN.subarray(0, length));
});

test('zstd comes out plain, or is refused where Node cannot read it', async (context) => {
  requiresPrograms(context, 'zstd');
  const { stdout } = spawnSync('zstd', ['-c'], { input: PLAIN, maxBuffer: 2 ** 24 });
  if ('createZstdDecompress' in zlib) {
    expect((await unpack(stdout)).equals(PLAIN)).toBe(true);
  } else {
    await expect(unpack(stdout)).rejects.toThrowError(
      expect.objectContaining({
        code: 'E_UNSUPPORTED',
        message: `Node ${process.version} cannot read zstd`,
        hint: 'use Node 22.15 or newer',
      }),
    );
  }
});

test.each([
  ['bzip2', 'BZh91AY&SY'],
  ['xz', '\xfd7zXZ\0\0'],
])('%s is refused', async (format, magic) => {
  await expect(unpack(Buffer.from(magic, 'latin1'))).rejects.toThrowError(
    expect.objectContaining({ code: 'E_UNSUPPORTED', message: `${format} is not supported` }),
  );
});

test('a stream that is cut short is truncated, wherever', async () => {
  const packed = zlib.gzipSync(PLAIN);
  for (const length of [3, 10, 100, packed.length - 9, packed.length - 1]) {
    await expect(unpack(packed.subarray(0, length)), `${length}`).rejects.toThrowError(
      expect.objectContaining({
        code: 'E_LAYER_TRUNCATED',
        message: 'the compressed data ends too early',
      }),
    );
  }
});

test('damaged data is refused', async () => {
  const packed = zlib.gzipSync(PLAIN);
  packed[packed.length - 6] = (packed[packed.length - 6] ?? 0) ^ 1;
  await expect(unpack(packed)).rejects.toThrowError(
    expect.objectContaining({
      code: 'E_LAYER_INVALID',
      message: 'the compressed data is damaged: incorrect data check',
    }),
  );
});

test('an error of the source comes through as it is', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield zlib.gzipSync(PLAIN).subarray(0, 100);
    throw new Error('the source failed');
  }
  await expect(collect(decompressLayer(failing()))).rejects.toThrowError('the source failed');
});

test('a reader that stops early ends the source', async () => {
  let ended = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunksOf(zlib.gzipSync(PLAIN), 100);
    } finally {
      ended = true;
    }
  }
  for await (const _ of decompressLayer(source())) break;
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(true);
});

test('a bomb ends at the limit of bytes', async () => {
  const packed = zlib.gzipSync(Buffer.alloc(10_000_000));
  const unpacked = collect(decompressLayer(chunksOf(packed), { maxBytes: 1_000_000 }));
  await expect(unpacked).rejects.toThrowError(
    expect.objectContaining({
      code: 'E_LAYER_LIMIT',
      message: 'the compressed data unpacks to more than 1000000 bytes',
    }),
  );
});

test('a bomb ends at the limit of expansion', async () => {
  const megabytes = zlib.gzipSync(Buffer.alloc(2 ** 24), { level: 9 });
  async function* bomb(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 100; i++) yield megabytes;
  }
  let given = 0;
  const unpacked = (async () => {
    for await (const chunk of decompressLayer(bomb())) given += chunk.byteLength;
  })();
  await expect(unpacked).rejects.toThrowError(
    expect.objectContaining({
      code: 'E_LAYER_LIMIT',
      message: 'the compressed data unpacks to more than 400 times its compressed size',
    }),
  );
  expect(given).toBeLessThan(2 ** 30 + 2 ** 20);
});
