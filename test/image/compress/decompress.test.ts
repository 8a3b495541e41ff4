import { spawnSync } from 'node:child_process';
import * as zlib from 'node:zlib';
import { expect, type TestContext, test } from 'vitest';
import { isBuildError } from '../../../core/errors.ts';
import { decompressLayer } from '../../../image/compress/decompress.ts';
import { chunksOf, collect } from '../../support/contents.ts';
import { requiresPrograms } from '../../support/requires.ts';
import { seededRandom } from '../../support/seed.ts';

const PLAIN = Buffer.from('some text '.repeat(100_000));

const TEXT = 'text, '.repeat(100);

/** `TEXT`. */
const PACKED: Readonly<Record<string, Buffer>> = {
  bzip2: Buffer.from(
    'QlpoOTFBWSZTWXUHyMUAAPmRgEAEAgAEQCAAMM0AUqMeIsEWkWEWkXC7kinChIOoPkYo',
    'base64',
  ),
  xz: Buffer.from(
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AJXABBdADoZS3gQrhlEKKVDJe9ZAAAAod++G0nYJPIAASzYBAAAAF+y3IWxxGf7AgAAAAAEWVo=',
    'base64',
  ),
};

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

/** `PLAIN` as `program` compresses it. */
function compressed(context: TestContext, program: string, ...args: string[]): Buffer {
  requiresPrograms(context, program);
  return spawnSync(program, ['-c', ...args], { input: PLAIN, maxBuffer: 2 ** 24 }).stdout;
}

test.for<[string, string[]]>([
  ['bzip2', ['-9']],
  ['bzip2', ['-1']],
  ['xz', []],
  ['xz', ['-9', '--check=none', '--block-size=100000']],
  ['zstd', []],
  ['zstd', ['-19', '--long=27']],
])(
  '%s %j comes out plain, also several in a row, in chunks of any size',
  async ([program, args], context) => {
    const one = compressed(context, program, ...args);
    const twice = Buffer.concat([PLAIN, PLAIN]);
    for (const size of [1_000_000, 65_536, 1000]) {
      expect((await unpack(one, size)).equals(PLAIN)).toBe(true);
      expect((await unpack(Buffer.concat([one, one]), size)).equals(twice)).toBe(true);
    }
  },
);

test.each(['bzip2', 'xz'])('%s that is cut short or changed is an error', async (program) => {
  const packed = PACKED[program] ?? Buffer.alloc(0);
  expect((await unpack(packed)).toString()).toBe(TEXT);
  for (let length = 12; length < packed.length; length += 5) {
    await expect(unpack(packed.subarray(0, length)), `${length}`).rejects.toMatchObject({
      code: 'E_LAYER_TRUNCATED',
      message: 'the compressed data ends too early',
    });
  }
  for (let at = 12; at < packed.length; at++) {
    const changed = Buffer.from(packed);
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    // A bit that means nothing may change: then the content must not.
    const outcome = await unpack(changed).then(String, (error: { code?: string }) => error.code);
    expect([TEXT, 'E_LAYER_INVALID', 'E_LAYER_TRUNCATED', 'E_UNSUPPORTED'], `${at}`).toContain(
      outcome,
    );
  }
});

test('bzip2 with any bytes in it ends in its text or in an error, and soon', async () => {
  const { int } = seededRandom('bunzip2');
  for (let round = 0; round < 300; round++) {
    const packed = Buffer.from(PACKED['bzip2'] ?? []);
    for (let change = 0; change < 4; change++) packed[14 + int(packed.length - 14)] = int(256);
    const outcome = await unpack(packed).catch((error: unknown) => error);
    expect(String(outcome) === TEXT || isBuildError(outcome), String(outcome)).toBe(true);
  }
});

test('bzip2 of nothing but one byte unpacks in pieces, not in one', async (context) => {
  requiresPrograms(context, 'bzip2');
  const { stdout } = spawnSync('bzip2', ['-c'], { input: Buffer.alloc(40_000_000) });
  let largest = 0;
  let size = 0;
  for await (const chunk of decompressLayer(chunksOf(stdout, 65_536))) {
    largest = Math.max(largest, chunk.byteLength);
    size += chunk.byteLength;
  }
  expect(size).toBe(40_000_000);
  expect(largest).toBeLessThanOrEqual(262_144);
});

test('xz with filters is refused with a way out', async (context) => {
  await expect(unpack(compressed(context, 'xz', '--x86', '--lzma2'))).rejects.toMatchObject({
    code: 'E_UNSUPPORTED',
    message: 'xz with filters, or checksums by SHA-256 is not supported',
    hint: 'compress it with xz alone, up to -9, or with gzip or zstd',
  });
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
