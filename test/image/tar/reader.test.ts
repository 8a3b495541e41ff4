import { describe, expect, test } from 'vitest';
import type { Entry } from '../../../image/entry.ts';
import { indexLayer } from '../../../image/tar/index-layer.ts';
import { type ReadOptions, readLayerTar } from '../../../image/tar/reader.ts';
import { chunksOf, collect } from '../../support/contents.ts';
import { archive, END, GNU, member, pax } from '../../support/raw-tar.ts';

async function read(tar: Buffer, options: ReadOptions = {}): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { entry } of readLayerTar(chunksOf(tar, 1000), options)) entries.push(entry);
  return entries;
}

async function only(tar: Buffer): Promise<Entry> {
  const [entry, ...more] = await read(tar);
  if (entry === undefined || more.length > 0) throw new Error(`${1 + more.length} entries`);
  return entry;
}

async function summary(tar: Buffer): Promise<string[]> {
  return (await read(tar)).map(({ type, path }) => `${type} ${path}`);
}

describe('names', () => {
  const long = `${'d'.repeat(60)}/${'e'.repeat(60)}/f`;

  test.each<[string, Buffer, string]>([
    ['a plain one', member({ name: 'a/b' }), 'a/b'],
    ['./ in front', member({ name: './a/b' }), 'a/b'],
    ['an absolute one', member({ name: '//a/b' }), 'a/b'],
    ['dots and slashes within', member({ name: 'a/.//./b' }), 'a/b'],
    ['a slash behind', member({ name: 'a/b/', type: '5' }), 'a/b'],
    ['names that begin with dots', member({ name: '.a/..b/...' }), '.a/..b/...'],
    ['all 100 bytes of the field', member({ name: 'n'.repeat(100) }), 'n'.repeat(100)],
    ['a ustar prefix', member({ name: 'b', prefix: 'a' }), 'a/b'],
    ['no prefix in GNU format', member({ name: 'b', prefix: '123', magic: GNU }), 'b'],
    ['no prefix in v7 format', member({ name: 'b', prefix: '123', magic: '' }), 'b'],
    [
      'a GNU long name',
      Buffer.concat([
        member({ name: '././@LongLink', type: 'L', content: `${long}\0`, magic: GNU }),
        member({ name: long.slice(0, 100), magic: GNU }),
      ]),
      long,
    ],
    ['a PAX path', Buffer.concat([pax({ path: long }), member({ name: 'x' })]), long],
    [
      'a PAX path that is no UTF-8',
      Buffer.concat([pax({ path: Buffer.from([0x61, 0xff]) }), member({ name: 'x' })]),
      'a\udcff',
    ],
    ['a ustar name that is no UTF-8', member({ name: 'a\xff' }), 'a\udcff'],
    ['backslashes', member({ name: 'a\\..\\b' }), 'a\\..\\b'],
  ])('%s', async (_, bytes, path) => {
    expect((await only(archive(bytes))).path).toBe(path);
  });

  test.each<[string, Buffer, string]>([
    [
      '.. in front',
      member({ name: '../a' }),
      'the name "../a" has ".." in it and could lead outside',
    ],
    [
      '.. within',
      member({ name: 'a/../../b' }),
      'the name "a/../../b" has ".." in it and could lead outside',
    ],
    [
      '.. behind',
      member({ name: 'a/..' }),
      'the name "a/.." has ".." in it and could lead outside',
    ],
    [
      '.. from a prefix',
      member({ name: '../x', prefix: '..' }),
      'the name "../../x" has ".." in it and could lead outside',
    ],
    [
      '.. in PAX',
      Buffer.concat([pax({ path: '/../x' }), member({ name: 'x' })]),
      'the name "/../x" has ".." in it and could lead outside',
    ],
    [
      'a NUL in PAX',
      Buffer.concat([pax({ path: 'a\0b' }), member({ name: 'x' })]),
      'the name "a\\u0000b" has a NUL in it',
    ],
    [
      'a component that is too long',
      Buffer.concat([pax({ path: `a/${'n'.repeat(256)}` }), member({ name: 'x' })]),
      `the name "a/${'n'.repeat(78)}"... is too long`,
    ],
    [
      'a component that is too long in bytes only',
      Buffer.concat([pax({ path: 'ü'.repeat(128) }), member({ name: 'x' })]),
      `the name "${'ü'.repeat(80)}"... is too long`,
    ],
    [
      'a path that is too long',
      Buffer.concat([pax({ path: 'n/'.repeat(2049) }), member({ name: 'x' })]),
      `the name "${'n/'.repeat(40)}"... is too long`,
    ],
    ['a root that is a file', member({ name: './' }), 'the root directory is a file'],
    ['no name at all', member({ name: '' }), 'the root directory is a file'],
    [
      'an empty link target',
      member({ name: 'l', type: '2' }),
      'the target of the link "l" is empty, too long or has a NUL in it',
    ],
    [
      'a hard link without a target',
      member({ name: 'l', type: '1' }),
      'the hard link "l" has no target',
    ],
    [
      'a hard link that leads outside',
      member({ name: 'l', type: '1', link: 'a/../../x' }),
      'the name "a/../../x" has ".." in it and could lead outside',
    ],
  ])('%s is refused', async (_, bytes, message) => {
    await expect(read(archive(bytes))).rejects.toThrowError(
      expect.objectContaining({ code: 'E_LAYER_INVALID', message }),
    );
  });
});

describe('types', () => {
  test.each<[string, Buffer, Partial<Entry>]>([
    ['a file', member({ name: 'f', content: 'text' }), { type: 'file', size: 4, mode: 0o644 }],
    ['a v7 file', member({ name: 'f', type: '\0', magic: '' }), { type: 'file' }],
    ['a v7 directory', member({ name: 'd/', type: '\0', magic: '' }), { type: 'dir', path: 'd' }],
    [
      'a contiguous file',
      member({ name: 'f', type: '7', content: 'x' }),
      { type: 'file', size: 1 },
    ],
    ['the root', member({ name: './', type: '5' }), { type: 'dir', path: '' }],
    [
      'a symlink',
      member({ name: 'l', type: '2', link: '/../a b' }),
      { type: 'symlink', link: '/../a b' },
    ],
    [
      'a hard link',
      member({ name: 'l', type: '1', link: './a/f' }),
      { type: 'hardlink', link: 'a/f' },
    ],
    ['a fifo', member({ name: 'p', type: '6' }), { type: 'fifo' }],
    [
      'a device',
      member({
        name: 'c',
        type: '3',
        patch: [
          [329, '0000005\0'],
          [337, '0000001\0'],
        ],
      }),
      { type: 'char', major: 5, minor: 1 },
    ],
    ["overlayfs's whiteout", member({ name: 'd/c', type: '3' }), { type: 'whiteout', path: 'd/c' }],
  ])('%s', async (_, bytes, entry) => {
    expect(await only(archive(bytes))).toMatchObject(entry);
  });

  test.each<[string, Buffer, string, string]>([
    [
      'multi-volume',
      member({ name: 'f', type: 'M' }),
      'E_UNSUPPORTED',
      '"f" is part of an incremental or multi-volume archive',
    ],
    [
      'unknown',
      member({ name: 'f', type: 'Z' }),
      'E_LAYER_INVALID',
      '"f" has the unknown type "Z"',
    ],
  ])('%s ones are refused', async (_, bytes, code, message) => {
    await expect(read(archive(bytes))).rejects.toThrowError(
      expect.objectContaining({ code, message }),
    );
  });

  test("a volume's label is no entry", async () => {
    expect(
      await summary(archive(member({ name: 'label', type: 'V' }), member({ name: 'f' }))),
    ).toEqual(['file f']);
  });
});

describe('numbers', () => {
  const base256 = (length: number, value: bigint): Buffer => {
    const field = Buffer.alloc(length, value < 0n ? 0xff : 0);
    let rest = value;
    for (let i = length - 1; i > 0 && rest !== 0n && rest !== -1n; i--, rest >>= 8n) {
      field[i] = Number(rest & 0xffn);
    }
    field[0] = (field[0] ?? 0) | 0x80;
    return field;
  };

  test.each<[string, Buffer, Partial<Entry>]>([
    ['blanks around', member({ name: 'f', patch: [[108, '  17 \0 \0']] }), { uid: 0o17 }],
    ['an empty field', member({ name: 'f', patch: [[108, '        ']] }), { uid: 0 }],
    ['all digits of a field', member({ name: 'f', patch: [[108, '00000017']] }), { uid: 0o17 }],
    [
      'binary',
      member({ name: 'f', patch: [[108, base256(8, 4_000_000_000n)]] }),
      { uid: 4_000_000_000 },
    ],
    [
      'binary before 1970',
      member({ name: 'f', patch: [[136, base256(12, -5n)]] }),
      { mtime: -5_000_000_000n },
    ],
    [
      'PAX ids and time',
      Buffer.concat([
        pax({ uid: '4000000000', gid: '5', mtime: '1700000000.1234567891' }),
        member({ name: 'f' }),
      ]),
      { uid: 4_000_000_000, gid: 5, mtime: 1_700_000_000_123_456_789n },
    ],
    [
      'a PAX time before 1970',
      Buffer.concat([pax({ mtime: '-1.5' }), member({ name: 'f' })]),
      { mtime: -1_500_000_000n },
    ],
    [
      'bits of the mode that are no permissions',
      member({ name: 'f', patch: [[100, '0104755\0']] }),
      { mode: 0o4755 },
    ],
  ])('%s', async (_, bytes, entry) => {
    expect(await only(archive(bytes))).toMatchObject(entry);
  });

  test.each<[string, Buffer, string]>([
    [
      'a digit 8',
      member({ name: 'f', patch: [[124, '00000000018\0']] }),
      'a header has a malformed size',
    ],
    [
      'a minus',
      member({ name: 'f', patch: [[124, '-0000000001\0']] }),
      'a header has a malformed size',
    ],
    [
      'a negative binary size',
      member({ name: 'f', patch: [[124, base256(12, -512n)]] }),
      'a header has a malformed size',
    ],
    [
      'an absurd binary size',
      member({ name: 'f', patch: [[124, base256(12, 2n ** 70n)]] }),
      'a header has a malformed size',
    ],
    [
      'a PAX size with a sign',
      Buffer.concat([pax({ size: '+1' }), member({ name: 'f' })]),
      'an extended header has a malformed size',
    ],
    [
      'an owner beyond 32 bits',
      Buffer.concat([pax({ uid: '4294967295' }), member({ name: 'f' })]),
      '"f" has an owner out of range',
    ],
    [
      'a PAX time in words',
      Buffer.concat([pax({ mtime: 'now' }), member({ name: 'f' })]),
      'an extended header has a malformed mtime',
    ],
  ])('%s is refused', async (_, bytes, message) => {
    await expect(read(archive(bytes))).rejects.toThrowError(
      expect.objectContaining({ code: 'E_LAYER_INVALID', message }),
    );
  });
});

describe('whiteouts', () => {
  test('are entries with the plain path; what aufs keeps for itself is left out', async () => {
    const tar = archive(
      member({ name: 'a/.wh.b' }),
      member({ name: './.wh.c' }),
      member({ name: 'd/.wh..wh..opq' }),
      member({ name: '.wh..wh..opq' }),
      member({ name: '.wh..wh.aufs', content: 'x' }),
      member({ name: '.wh..wh.plnk/x' }),
      member({ name: '.wh.linked', type: '1', link: '.wh..wh.aufs' }),
      member({ name: 'x.wh.y' }),
    );
    expect(await summary(tar)).toEqual([
      'whiteout a/b',
      'whiteout c',
      'opaque d',
      'opaque ',
      'whiteout linked',
      'file x.wh.y',
    ]);
  });

  test.each([
    ['.wh.', '".wh." is a whiteout of nothing that could be there'],
    ['a/.wh..', '"a/.wh.." is a whiteout of nothing that could be there'],
    ['a/.wh...', '"a/.wh..." is a whiteout of nothing that could be there'],
    ['.wh.a/b', '".wh.a/b" lies below a whiteout'],
  ])('%s is refused: it would remove something else', async (name, message) => {
    await expect(read(archive(member({ name })))).rejects.toThrowError(
      expect.objectContaining({ code: 'E_LAYER_INVALID', message }),
    );
  });
});

describe('the whole archive', () => {
  const two = archive(member({ name: 'a', content: 'x'.repeat(700) }), member({ name: 'b' }));

  test('is read to its end: the digest is of all its bytes', async () => {
    const padded = Buffer.concat([two, Buffer.alloc(10_240 - (two.length % 10_240))]);
    const index = await indexLayer(chunksOf(padded));
    expect([index.entries.length, index.uncompressedSize]).toEqual([2, padded.length]);
  });

  test('may be empty', async () => {
    expect(await read(END)).toEqual([]);
  });

  test('may end with one block of zeros', async () => {
    expect(await summary(two.subarray(0, two.length - 512))).toEqual(['file a', 'file b']);
  });

  test('is truncated wherever it is cut', async () => {
    for (let length = 0; length < two.length - 1024 + 512; length += 97) {
      await expect(read(two.subarray(0, length)), `${length} bytes`).rejects.toThrowError(
        expect.objectContaining({
          code: 'E_LAYER_TRUNCATED',
          message: 'the archive ends too early',
        }),
      );
    }
  });

  test.each<[string, Buffer, string]>([
    [
      'another archive behind it',
      Buffer.concat([two, archive(member({ name: 'c' }))]),
      'data follows the end of the archive',
    ],
    [
      'text',
      Buffer.from('this is not a tar archive. '.repeat(40)),
      'a header has a malformed checksum',
    ],
    [
      'a flipped bit',
      Buffer.concat([Buffer.from('A'), two.subarray(1)]),
      'a header has a wrong checksum: this is no tar, or it is damaged',
    ],
  ])('%s is refused', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrowError(
      expect.objectContaining({ code: 'E_LAYER_INVALID', message }),
    );
  });

  test.each<[ReadOptions, string]>([
    [{ maxEntries: 1 }, 'the archive has more than 1 entries'],
    [{ maxBytes: 699 }, 'the archive has files of more than 699 bytes'],
  ])('is held to the limits %o', async (options, message) => {
    await expect(read(two, options)).rejects.toThrowError(
      expect.objectContaining({ code: 'E_LAYER_LIMIT', message }),
    );
  });

  test('gives the last of several contents of a path', async () => {
    const tar = archive(
      member({ name: 'a', content: 'old' }),
      member({ name: './a', content: 'new!' }),
    );
    const contents: string[] = [];
    for await (const { chunks } of readLayerTar(chunksOf(tar))) {
      contents.push((await collect(chunks)).toString());
    }
    expect(contents).toEqual(['old', 'new!']);
    expect((await indexLayer(chunksOf(tar))).entries.map((entry) => entry.size)).toEqual([4]);
  });
});
