import { describe, expect, test } from 'vitest';
import type { Entry } from '../../../image/entry.ts';
import { readLayerTar } from '../../../image/tar/reader.ts';
import { chunksOf } from '../../support/contents.ts';
import { archive, GNU, member, pax, record } from '../../support/raw-tar.ts';

async function read(tar: Buffer): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { entry } of readLayerTar(chunksOf(tar, 1000))) entries.push(entry);
  return entries;
}

async function only(tar: Buffer): Promise<Entry> {
  const [entry, ...more] = await read(tar);
  if (entry === undefined || more.length > 0) throw new Error(`${1 + more.length} entries`);
  return entry;
}

describe('extended headers', () => {
  test('carry binary attributes, but none that overlayfs acts on', async () => {
    const tar = archive(
      pax({
        'SCHILY.xattr.security.capability': Buffer.from([1, 0, 0x0a, 0xff]),
        'SCHILY.xattr.user.empty': '',
        'SCHILY.xattr.trusted.overlay.redirect': '/etc',
        'SCHILY.xattr.user.overlay.opaque': 'y',
        comment: 'x',
      }),
      member({ name: 'f' }),
      member({ name: 'g' }),
    );
    expect((await read(tar)).map((entry) => entry.xattrs)).toEqual([
      { 'security.capability': 'AQAK/w==', 'user.empty': '' },
      undefined,
    ]);
  });

  test('of the whole archive are comments', async () => {
    const tar = archive(
      pax({ comment: 'a commit', mtime: '5', uid: '7' }, 'g'),
      member({ name: 'f' }),
    );
    expect(await only(tar)).toMatchObject({ path: 'f', mtime: 0n, uid: 0 });
  });

  test('may say the same thing twice', async () => {
    const content = Buffer.concat([record('path', 'a'), record('path', 'a')]);
    const tar = archive(member({ name: 'pax', type: 'x', content }), member({ name: 'f' }));
    expect((await only(tar)).path).toBe('a');
  });

  test('without a value say nothing of a time or an owner', async () => {
    const tar = archive(pax({ mtime: '', uid: '' }), member({ name: 'f' }));
    expect(await only(tar)).toMatchObject({ path: 'f', mtime: 0n, uid: 0 });
  });

  const twice = Buffer.concat([record('path', 'a'), record('path', 'b')]);
  const long = (content: string): Buffer =>
    member({ name: 'long', type: 'L', content, magic: GNU });

  test.each<[string, Buffer[], string]>([
    [
      'two values of one key',
      [member({ name: 'pax', type: 'x', content: twice }), member({ name: 'f' })],
      'an extended header says two things of "path"',
    ],
    [
      'two for one entry',
      [pax({ path: 'a' }), pax({ path: 'b' }), member({ name: 'f' })],
      'an entry has two extended headers',
    ],
    [
      'two long names',
      [long('a\0'), long('b\0'), member({ name: 'f' })],
      'an entry has two long names',
    ],
    [
      'a long name and another PAX path',
      [long('a\0'), pax({ path: 'b' }), member({ name: 'f' })],
      'an entry has two names: "a" and "b"',
    ],
    ['an empty long name', [long('\0'), member({ name: 'f' })], 'a long name is empty'],
    ['one for nothing', [pax({ path: 'a' })], 'an extended header belongs to no entry'],
    [
      'a path for every entry',
      [pax({ path: 'a' }, 'g'), member({ name: 'f' })],
      'a global header says "path" of every entry',
    ],
    [
      'a size for every entry',
      [pax({ size: '512' }, 'g'), member({ name: 'f' })],
      'a global header says "size" of every entry',
    ],
    [
      'an empty path',
      [pax({ path: '' }), member({ name: 'f' })],
      'an extended header has a malformed path',
    ],
    [
      'an attribute that is too long',
      [pax({ 'SCHILY.xattr.user.x': 'x'.repeat(65_537) }), member({ name: 'f' })],
      '"f" has a malformed extended attribute',
    ],
    [
      'an absurd length',
      [member({ name: 'pax', type: 'x', size: 2 ** 30 })],
      'an extended header has 1073741824 bytes',
    ],
    ...[
      '8 path=a\n',
      '06 p=a\n',
      '-6 p=a\n',
      '6 p=ab\n',
      '5 p=a\n',
      '99 p=a\n',
      '6 paa\n',
      '5 =a\n',
      'x',
      '6',
    ].map((text): [string, Buffer[], string] => [
      JSON.stringify(text),
      [member({ name: 'pax', type: 'x', content: text }), member({ name: 'f' })],
      'an extended header has a malformed record',
    ]),
  ])('%s: refused', async (_, members, message) => {
    await expect(read(archive(...members))).rejects.toThrowError(
      expect.objectContaining({ code: 'E_LAYER_INVALID', message }),
    );
  });
});
