import { describe, expect, test } from 'vitest';
import type { LayerContents } from '../../../image/layer.ts';
import { writeLayerBlocks, writeLayerTar } from '../../../image/tar/writer.ts';
import { chunksOf, collect, contentsOf } from '../../support/contents.ts';
import { device, dir, file, symlink, whiteout } from '../../support/entries.ts';

const write = (
  entries: Parameters<typeof writeLayerTar>[0],
  contents: LayerContents = contentsOf(),
): Promise<Buffer> => collect(writeLayerTar(entries, contents));

describe('a layer tar', () => {
  test('of nothing is two blocks of zeros', async () => {
    expect((await write([])).equals(Buffer.alloc(1024))).toBe(true);
  });

  test('has this form, which changes only with every diffID that slipway makes', async () => {
    const tar = await write(
      [file('a', 'text', { mode: 0o4755, uid: 8, gid: 9, mtime: 1_700_000_000_999_999_999n })],
      contentsOf({ a: 'text' }),
    );
    const header = tar.toString('latin1', 0, 345).replaceAll('\0', '.');
    expect(header).toBe(
      `a${'.'.repeat(99)}0004755.0000010.0000011.00000000004.14524770400.007416. 0${'.'.repeat(100)}` +
        `ustar.00${'.'.repeat(64)}0000000.0000000.`,
    );
    expect(tar.toString('latin1', 512, 517)).toBe('text\0');
    expect(tar.length).toBe(512 + 512 + 1024);
  });

  test('has a PAX header only where ustar cannot say it, with its records sorted', async () => {
    const entries = [
      file('ü', '', { uid: 3_000_000, mtime: -1n, xattrs: { 'user.b': 'AA==', 'user.a': '' } }),
    ];
    const tar = await write(entries, contentsOf({ ü: '' }));
    expect(tar.toString('utf8', 512, 1024).replace(/\0+$/, '')).toBe(
      '24 SCHILY.xattr.user.a=\n25 SCHILY.xattr.user.b=\0\n12 mtime=-1\n11 path=ü\n15 uid=3000000\n',
    );
    expect(tar.toString('latin1', 0, 16)).toBe('PaxHeaders/entry');
  });

  test.each([100, 101, 155, 156, 200, 255, 256, 257, 300])(
    'holds a path of %i bytes, split over the two fields where it fits',
    async (length) => {
      const path = `${'d'.repeat(50)}/${'e'.repeat(60)}/${'f'.repeat(300)}`.slice(0, length);
      const entry = symlink(path, 'x');
      const tar = await write([entry]);
      const fits = path.slice(path.lastIndexOf('/') + 1).length <= 100;
      expect(tar.length).toBe(fits ? 512 + 1024 : 3 * 512 + 1024);
    },
  );

  test('is written in chunks of some hundred kilobytes, however small the files', async () => {
    const entries = Array.from({ length: 4000 }, (_, i) => file(`f${String(i).padStart(4, '0')}`));
    let chunks = 0;
    for await (const _ of writeLayerTar(entries, contentsOf())) chunks++;
    expect(chunks).toBeLessThan(17);
  });

  test('needs canonical order', async () => {
    await expect(write([file('b'), file('a')])).rejects.toThrowError('entries out of order');
  });

  test('cannot hold a device number beyond its field', async () => {
    await expect(write([device('c', 'char', 5, 2 ** 21)])).rejects.toThrowError(
      expect.objectContaining({
        code: 'E_UNSUPPORTED',
        message: 'the device number 2097152 of "c" does not fit a tar',
      }),
    );
  });
});

test.each([file('.wh.a', ''), dir('d/.wh.b'), symlink('.wh..wh..opq', 'x')])(
  'a name that readers take for a removal is refused: $path',
  async (entry) => {
    const parents = entry.path.includes('/') ? [dir('d')] : [];
    await expect(
      write([...parents, entry], contentsOf({ [entry.path]: '' })),
    ).rejects.toMatchObject({
      code: 'E_UNSUPPORTED',
      message: `"${entry.path}" cannot be kept in a layer`,
    });
  },
);

describe('a file that changes while it is written', () => {
  test.each([
    ['shorter', 'tex'],
    ['longer', 'text and more'],
  ])('is an error that names it when it got %s', async (how, content) => {
    const entries = [dir('d'), file('d/a', 'text'), whiteout('e')];
    await expect(write(entries, contentsOf({ 'd/a': content }))).rejects.toThrowError(
      expect.objectContaining({
        code: 'E_FILE_CHANGED',
        message: `the content of "d/a" is ${how} than the 4 bytes it had`,
      }),
    );
  });

  test('ends the reading of contents', async () => {
    let ended = false;
    const contents: LayerContents = {
      async *read(files) {
        try {
          for (const entry of files) yield { entry, chunks: chunksOf(Buffer.from('x')) };
        } finally {
          ended = true;
        }
      },
    };
    await expect(write([file('a', 'text')], contents)).rejects.toThrowError('shorter');
    expect(ended).toBe(true);
  });
});

test('a file of more than eight gigabytes has its size in a PAX record, and the field of the header is 0', async () => {
  const size = 9 * 2 ** 30 + 1;
  const place = { path: '/large', state: Buffer.alloc(40), digest: undefined };
  const contents: LayerContents = { ...contentsOf({}), places: async () => () => place };
  const blocks = [];
  const large = { ...file('large', ''), size };
  for await (const { parts } of writeLayerBlocks([large], contents, 'files')) blocks.push(parts);
  const [head] = blocks[0] ?? [];
  if (!(head instanceof Uint8Array)) throw new Error('the first part is no header');
  expect(head.byteLength).toBe(3 * 512);
  expect(Buffer.from(head.subarray(512, 531)).toString()).toBe(`19 size=${size}\n`);
  expect(Buffer.from(head.subarray(1024 + 124, 1024 + 136)).toString()).toBe('00000000000\0');
  const pieces = blocks.flat().filter((part) => !(part instanceof Uint8Array));
  expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(size);
  expect(Math.max(...blocks.map((parts) => parts.length))).toBeLessThan(4);
});
