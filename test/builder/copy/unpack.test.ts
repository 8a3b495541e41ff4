import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { directorySource } from '../../../builder/context/directory-source.ts';
import { NO_RULES } from '../../../builder/context/ignore.ts';
import { treeSource } from '../../../builder/copy/tree-source.ts';
import { copyOp } from '../../../builder/ops/copy.ts';
import type { CopySpec } from '../../../builder/plan/graph.ts';
import { type Digest, sha256 } from '../../../core/digest.ts';
import type { Entry } from '../../../image/entry.ts';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { archive, member } from '../../support/raw-tar.ts';
import { requiresPrograms } from '../../support/requires.ts';
import { tmpSpool } from '../../support/spool.ts';
import { tmpDir } from '../../support/tmp.ts';

const objects = memoryObjects();

function add(
  files: Readonly<Record<string, Buffer>>,
  destination: string,
  more: Partial<CopySpec> & { readonly tree?: Digest } = {},
) {
  const root = tmpDir();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(root, name), bytes);
  symlinkSync(Object.keys(files)[0] ?? '', join(root, 'link'));
  const from = directorySource({
    spool: tmpSpool(),
    name: 'the build context',
    root,
    rules: NO_RULES,
    digests: memoryTable(),
    onSkipped: () => {},
  });
  const { tree = emptyTree(objects), ...flags } = more;
  const spec: CopySpec = {
    kind: 'copy',
    input: 0,
    instruction: 'ADD',
    from: { kind: 'context', name: undefined },
    sources: Object.keys(files),
    inline: [],
    destination,
    chown: undefined,
    chmod: undefined,
    link: false,
    parents: false,
    exclude: [],
    unpack: undefined,
    fetched: [],
    ...flags,
  };
  const image = treeSource(objects, 'the image', { tree, layers: [] });
  const temporary = async () => tmpDir();
  return copyOp(spec, {
    spool: tmpSpool(),
    objects,
    tree,
    image,
    from,
    fetched: [],
    temporary,
    span: undefined,
  });
}

type Added = ReturnType<typeof add>;

async function layer(op: Added): Promise<string[]> {
  const entries = [...(await op.run({ log: () => {} })).entries];
  return entries.map(({ path, type, mode, uid, gid, size, link }) => {
    const rest = type === 'file' ? ` ${size}` : link === undefined ? '' : ` ${link}`;
    return `${path} ${type} ${mode.toString(8)} ${uid}:${gid}${rest}`;
  });
}

async function contents(op: Added): Promise<Record<string, string>> {
  const entries = [...(await op.run({ log: () => {} })).entries];
  const files = entries.filter(({ type }) => type === 'file');
  const read: Record<string, string> = {};
  for await (const { entry, chunks } of (await op.contents())?.read(files) ?? []) {
    const pieces: Uint8Array[] = [];
    for await (const piece of chunks) pieces.push(piece);
    read[entry.path] = Buffer.concat(pieces).toString();
  }
  return read;
}

function tree(...entries: (Pick<Entry, 'path' | 'type'> & Partial<Entry>)[]): Digest {
  const list = entries.map((entry) => ({
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: 0n,
    size: 0,
    ...(entry.type === 'file' ? { digest: sha256('') } : {}),
    ...entry,
  }));
  return applyLayer(objects, emptyTree(objects), sortEntries(list));
}

const MODE = (mode: string, owner = '0000007\0'): [number, string][] => [
  [100, `${mode}\0`],
  [108, owner],
];
const FILES = archive(
  member({ name: './', type: '5', patch: MODE('0000700') }),
  member({ name: 'z/b', content: 'second', patch: MODE('0004755') }),
  member({ name: 'z/l', type: '2', link: '/etc/b' }),
  member({ name: 'a', content: 'first' }),
  member({ name: 'z/again', type: '1', link: 'z/b', patch: MODE('0004755') }),
);

describe('an archive that ADD unpacks', () => {
  test.each([
    ['a tar', FILES],
    ['a gzipped tar', gzipSync(FILES)],
  ])(
    '%s is told by its content; owners, modes and links are kept, its root is not',
    async (_, bytes) => {
      expect(await layer(add({ 'no-name': bytes }, '/d'))).toEqual([
        'd dir 755 0:0',
        'd/a file 644 0:0 5',
        'd/z dir 755 0:0',
        'd/z/again file 4755 7:0 6',
        'd/z/b hardlink 4755 7:0 d/z/again',
        'd/z/l symlink 644 0:0 /etc/b',
      ]);
    },
  );

  test('gives its bytes in the order of the layer, not in its own', async () => {
    expect(await contents(add({ t: gzipSync(FILES) }, '/'))).toEqual({
      a: 'first',
      'z/again': 'second',
    });
  });

  test('of several archives and files each is what it is', async () => {
    const op = add(
      { t: FILES, u: archive(member({ name: 'u1', content: 'u' })), v: Buffer.from('v') },
      '/d/',
    );
    expect(await contents(op)).toEqual({
      'd/a': 'first',
      'd/u1': 'u',
      'd/v': 'v',
      'd/z/again': 'second',
    });
  });

  test('a link in the context to an archive is an archive', async () => {
    expect(await layer(add({ t: FILES }, '/', { sources: ['link'] }))).toContain(
      'a file 644 0:0 5',
    );
  });

  test('--chown is for everything in it, and for the destination; --chmod is for neither', async () => {
    const bytes = archive(member({ name: 'p/a', content: '1' }));
    expect(await layer(add({ t: bytes }, '/d', { chown: '5:6', chmod: '0700' }))).toEqual([
      'd dir 755 5:6',
      'd/p dir 755 0:0',
      'd/p/a file 644 5:6 1',
    ]);
  });

  test('--unpack=false copies it, under another key', async () => {
    expect(await layer(add({ t: FILES }, '/', { unpack: false }))).toEqual([
      `t file 644 0:0 ${FILES.length}`,
    ]);
    const keys = [undefined, true, false].map(async (unpack) =>
      JSON.stringify(await add({ t: FILES }, '/', { unpack }).key()),
    );
    const [usual, asked, not] = await Promise.all(keys);
    expect(asked).toBe(usual);
    expect(not).not.toBe(usual);
  });

  test.each([
    ['a gzip of something else', gzipSync('no tar')],
    ['a gzip that is cut short', gzipSync(FILES).subarray(0, 12)],
    ['text that starts like bzip2', Buffer.from('BZh is how it starts')],
    ['an archive of nothing', archive()],
    ['a tar with a wrong checksum', Buffer.concat([Buffer.from('x'), FILES.subarray(1)])],
  ])('%s is copied as it is', async (_, bytes) => {
    expect(await layer(add({ t: bytes }, '/'))).toEqual([`t file 644 0:0 ${bytes.length}`]);
  });

  test.for([['bzip2'], ['xz'], ['zstd']])('%s is unpacked', async ([program = ''], context) => {
    requiresPrograms(context, program);
    const { stdout } = spawnSync(program, ['-c'], { input: FILES });
    expect(await layer(add({ t: stdout }, '/'))).toEqual(await layer(add({ t: FILES }, '/')));
  });

  test('a name with .wh. is a name: only layers remove things', async () => {
    const bytes = archive(member({ name: '.wh.a', content: '1' }));
    expect(
      await layer(add({ t: bytes }, '/', { tree: tree({ path: 'a', type: 'file' }) })),
    ).toEqual(['.wh.a file 644 0:0 1']);
  });
});

describe('what an archive meets in the image', () => {
  test('a file replaces a directory, a directory replaces a link, two directories become one', async () => {
    const there = tree(
      { path: 'f', type: 'dir' },
      { path: 'l', type: 'symlink', link: 'real' },
      { path: 'm', type: 'dir', mode: 0o700 },
      { path: 'real', type: 'dir' },
      { path: 'f/x', type: 'file' },
      { path: 'm/x', type: 'file' },
      { path: 'real/s', type: 'symlink', link: '/m' },
    );
    const bytes = archive(
      member({ name: 'f', content: '1' }),
      member({ name: 'l/', type: '5', patch: MODE('0000711', '0000000\0') }),
      member({ name: 'l/s/y', content: '22' }),
      member({ name: 'm/', type: '5', patch: MODE('0000750', '0000000\0') }),
    );
    const op = add({ t: bytes }, '/', { tree: there });
    // l is a directory of its own now: the link real/s that it led to is not followed.
    expect(await layer(op)).toEqual([
      'f file 644 0:0 1',
      'l dir 711 0:0',
      'l/s dir 755 0:0',
      'l/s/y file 644 0:0 2',
      'm dir 750 0:0',
    ]);
    const entries = [...(await op.run({ log: () => {} })).entries];
    const after = applyLayer(objects, there, entries);
    const image = treeSource(objects, 'the image', { tree: after, layers: [] });
    expect(await image.list('m')).toEqual(['x']);
    expect(await image.stat('f')).toEqual({ path: 'f', isDirectory: false });
  });

  test.each([
    ['/../../etc', 'd/etc/p file 644 0:0 1'],
    ['../../../etc', 'd/etc/p file 644 0:0 1'],
    ['in', 'd/in/p file 644 0:0 1'],
  ])('a link in the image to %s is followed inside the destination', async (link, expected) => {
    const there = tree(
      { path: 'd', type: 'dir' },
      { path: 'd/etc', type: 'dir' },
      { path: 'd/in', type: 'dir' },
      { path: 'd/way', type: 'symlink', link },
    );
    const bytes = archive(member({ name: 'way/p', content: '1' }));
    expect(await layer(add({ t: bytes }, '/d', { tree: there }))).toContain(expected);
  });

  test.each([
    ['nowhere', 'way/p'],
    ['real/nowhere', 'way/p'],
    ['/etc', 'way/new/p'],
  ])('a link in the image to %s, which is not there, is no way', async (link, name) => {
    const there = tree(
      { path: 'd', type: 'dir' },
      { path: 'd/real', type: 'dir' },
      { path: 'd/way', type: 'symlink', link },
    );
    await expect(
      layer(add({ t: archive(member({ name })) }, '/d', { tree: there })),
    ).rejects.toMatchObject({
      code: 'E_COPY_DESTINATION',
      message: expect.stringContaining('where a symbolic link leads to nothing'),
    });
  });

  test('what is missing below a folder that a link leads to is made', async () => {
    const there = tree(
      { path: 'd', type: 'dir' },
      { path: 'd/real', type: 'dir' },
      { path: 'd/way', type: 'symlink', link: './real' },
    );
    const bytes = archive(member({ name: 'way/new/p', content: '1' }));
    expect(await layer(add({ t: bytes }, '/d', { tree: there }))).toContain(
      'd/real/new/p file 644 0:0 1',
    );
  });

  test('a loop of links is no endless loop', async () => {
    const there = tree({ path: 'a', type: 'symlink', link: 'a' });
    await expect(
      layer(add({ t: archive(member({ name: 'a/p' })) }, '/', { tree: there })),
    ).rejects.toMatchObject({
      code: 'E_SYMLINK_LOOP',
      message: 'too many symbolic links in "a"',
    });
  });

  test('a name that was linked to a file keeps it when a later archive replaces the other', async () => {
    const first = archive(
      member({ name: 'a', content: 'old' }),
      member({ name: 'b', type: '1', link: 'a' }),
      member({ name: 'c', type: '1', link: 'a' }),
    );
    const op = add({ t: first, u: archive(member({ name: 'a', content: 'new' })) }, '/');
    expect(await layer(op)).toEqual([
      'a file 644 0:0 3',
      'b file 644 0:0 3',
      'c hardlink 644 0:0 b',
    ]);
    expect(await contents(op)).toEqual({ a: 'new', b: 'old' });
  });

  test('a file that a later archive has replaces a directory with all that was put into it', async () => {
    const first = archive(member({ name: 'x/y/z', content: 'old' }));
    const op = add({ t: first, u: archive(member({ name: 'x', content: 'new' })) }, '/');
    expect(await layer(op)).toEqual(['x file 644 0:0 3']);
  });

  test('a destination that is a file is refused', async () => {
    await expect(
      layer(add({ t: FILES }, '/d', { tree: tree({ path: 'd', type: 'file' }) })),
    ).rejects.toMatchObject({ code: 'E_COPY_DESTINATION' });
  });
});

describe('a hostile archive', () => {
  const link = (name: string, to: string) => member({ name, type: '2', link: to });
  test.each<[string, Buffer[], string]>([
    [
      'a name that leads outside',
      [member({ name: '../x' })],
      'the name "../x" has ".." in it and could lead outside',
    ],
    [
      'a link, then a file through it',
      [link('a', '/etc'), member({ name: 'a/x' })],
      'the layer has "a/x" below "a", which is not a directory',
    ],
    [
      'a hard link to a file of the image',
      [member({ name: 'a', type: '1', link: 'etc/shadow' })],
      'the hard link "a" points to "etc/shadow", which the archive does not have',
    ],
    [
      'a hard link to outside',
      [member({ name: 'a', type: '1', link: '../../x' })],
      'the name "../../x" has ".." in it and could lead outside',
    ],
    [
      'a device that overlayfs takes for a whiteout',
      [member({ name: 'a', type: '3' })],
      '"a" is a device that would remove what is there',
    ],
    [
      'a second archive behind its end',
      [member({ name: 'a' }), Buffer.alloc(1024), member({ name: 'b' })],
      'data follows the end of the archive',
    ],
  ])('%s is refused', async (_, members, message) => {
    const there = tree({ path: 'etc', type: 'dir' }, { path: 'etc/shadow', type: 'file' });
    const bytes = archive(member({ name: 'ok', content: '1' }), ...members);
    await expect(layer(add({ t: bytes }, '/', { tree: there }))).rejects.toMatchObject({
      code: 'E_LAYER_INVALID',
      message: expect.stringContaining(message),
    });
  });

  test('an error says which archive it was', async () => {
    const cut = FILES.subarray(0, FILES.length - 1024);
    await expect(layer(add({ fine: FILES, cut }, '/d/'))).rejects.toMatchObject({
      code: 'E_LAYER_TRUNCATED',
      message: 'ADD cannot unpack "cut": the archive ends too early',
      hint: 'ADD --unpack=false copies it as it is',
    });
  });
});
