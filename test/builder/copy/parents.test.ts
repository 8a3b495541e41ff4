import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { directorySource } from '../../../builder/context/directory-source.ts';
import { ignoreRules, NO_RULES } from '../../../builder/context/ignore.ts';
import type { CopySource } from '../../../builder/copy/source.ts';
import { treeSource } from '../../../builder/copy/tree-source.ts';
import { copyOp } from '../../../builder/ops/copy.ts';
import type { CopySpec } from '../../../builder/plan/graph.ts';
import type { Digest } from '../../../core/digest.ts';
import type { Entry } from '../../../image/entry.ts';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { tmpSpool } from '../../support/spool.ts';
import { tmpDir } from '../../support/tmp.ts';

const objects = memoryObjects();
/** The files of the reference's own test of --parents. */
const FILES = [
  'test/a/b/c/d/foo',
  'test/a/b/c/d/e/bay',
  'test/a/b2/c/d/e/bar',
  'test/a/b/c2/d/e/baz',
  'test/a/b/c2/d/e2/baz',
];

function makeFiles(paths: readonly string[]): string {
  const root = tmpDir();
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
  return root;
}

function folder(root: string, ignored: readonly string[] = []): CopySource {
  return directorySource({
    spool: tmpSpool(),
    name: 'the build context',
    root,
    rules: ignored.length === 0 ? NO_RULES : ignoreRules(ignored),
    digests: memoryTable(),
    onSkipped: () => {},
  });
}

function op(from: CopySource, sources: string[], more: Partial<CopySpec> & { tree?: Digest } = {}) {
  const { tree = emptyTree(objects), ...flags } = more;
  const spec: CopySpec = {
    kind: 'copy',
    input: 0,
    instruction: 'COPY',
    from: { kind: 'context', name: undefined },
    sources,
    inline: [],
    destination: '/out/',
    chown: undefined,
    chmod: undefined,
    link: false,
    parents: true,
    exclude: [],
    unpack: undefined,
    fetched: [],
    ...flags,
  };
  const image = treeSource(objects, 'the image', { tree, layers: [] });
  return copyOp(spec, {
    spool: tmpSpool(),
    objects,
    tree,
    image,
    from,
    fetched: [],
    temporary: async () => tmpDir(),
    span: undefined,
  });
}

type Copy = ReturnType<typeof op>;

async function entriesOf(copy: Copy): Promise<readonly Entry[]> {
  return [...(await copy.run({ log: () => {} })).entries];
}

/** Without the directories that only lead to others. */
async function leaves(copy: Copy): Promise<string[]> {
  const paths = (await entriesOf(copy)).map(({ path }) => path);
  return paths.filter((path) => !paths.some((other) => other.startsWith(`${path}/`))).sort();
}

function directory(path: string, more: Partial<Entry> = {}): Entry {
  return { path, type: 'dir', mode: 0o755, uid: 0, gid: 0, mtime: 0n, size: 0, ...more };
}

describe('COPY --parents', () => {
  test.each<[string[], string[]]>([
    [['test/a/b/c/d/foo'], ['out/test/a/b/c/d/foo']],
    [['/test/a/b/./c/d'], ['out/c/d/e/bay', 'out/c/d/foo']],
    [['/test/a/b/c/d/.'], ['out/test/a/b/c/d/e/bay', 'out/test/a/b/c/d/foo']],
    [['./test/a/b/c/d'], ['out/test/a/b/c/d/e/bay', 'out/test/a/b/c/d/foo']],
    [['/test/a/./b/./c'], ['out/b/c/d/e/bay', 'out/b/c/d/foo']],
    [['/test/a/./*/c'], ['out/b/c/d/e/bay', 'out/b/c/d/foo', 'out/b2/c/d/e/bar']],
    [['/test/a/b*/./c/**/e'], ['out/c/d/e/bar', 'out/c/d/e/bay']],
    [
      ['/test/a/b/c*/./d/**/baz', '/test/a/b*/./c/**/bar'],
      ['out/c/d/e/bar', 'out/d/e/baz', 'out/d/e2/baz'],
    ],
    [
      ['**/ba?'],
      FILES.filter((path) => !path.endsWith('foo'))
        .map((path) => `out/${path}`)
        .sort(),
    ],
    [['../../test/a/b/c/d/foo'], ['out/test/a/b/c/d/foo']],
    [['/test/a/b/./../../a/b2'], ['out/a/b2']],
    [['/test/a/b/./c9*'], ['out']],
    [['/test/a/q*/./c'], []],
  ])('of %j takes %j', async (sources, expected) => {
    const from = folder(makeFiles([...FILES, 'test/a/b/a/b2']));
    expect(await leaves(op(from, sources))).toEqual(expected);
  });

  test('a stage is a source as a context is', async () => {
    const file = { path: 'a/b/f', type: 'symlink', link: 'x', mode: 0o777 } as const;
    const stage = applyLayer(objects, emptyTree(objects), [
      directory('a', { mode: 0o711, uid: 3 }),
      directory('a/b'),
      { ...file, uid: 0, gid: 0, mtime: 0n, size: 0 },
    ]);
    const from = treeSource(objects, 'the stage', { tree: stage, layers: [] });
    const entries = await entriesOf(op(from, ['a/./b', 'a/*/f']));
    expect(entries.map(({ path, mode, uid }) => `${path} ${mode.toString(8)} ${uid}`)).toEqual(
      [
        'out 755 0',
        'out/a 711 3',
        'out/b 755 0',
        'out/a/b 755 0',
        'out/b/f 777 0',
        'out/a/b/f 777 0',
      ].sort(),
    );
  });

  test('directories on the way keep their mode; of one that is there only the mode changes', async () => {
    const root = makeFiles(['p/q/f']);
    chmodSync(join(root, 'p'), 0o711);
    chmodSync(join(root, 'p/q'), 0o750);
    const tree = applyLayer(objects, emptyTree(objects), [
      directory('out'),
      directory('out/p', { uid: 7 }),
    ]);
    const entries = await entriesOf(op(folder(root), ['p/q/f'], { tree, chown: '5:5' }));
    expect(
      entries.map(({ path, mode, uid, gid }) => `${path} ${mode.toString(8)} ${uid}:${gid}`),
    ).toEqual(['out 755 0:0', 'out/p 711 7:0', 'out/p/q 750 5:5', 'out/p/q/f 644 5:5']);
  });

  test('--exclude and the ignore file keep out what they name, and directories that only led there', async () => {
    const root = makeFiles(['p/a.md', 'q/b.md', 'q/c', 'r/x', 'r/y']);
    const copy = op(folder(root, ['r/x']), ['*/*'], { exclude: ['**/*.md'] });
    expect(await leaves(copy)).toEqual(['out/q/c', 'out/r/y']);
    const none = op(folder(root), ['q/c', 'p/a.md'], { exclude: ['**/*.md'] });
    await expect(leaves(none)).rejects.toMatchObject({
      code: 'E_COPY_SOURCE',
      message: '--parents: all of "p/a.md" is kept out by --exclude',
    });
  });

  test('a link on the way is not followed, and cannot lead out', async () => {
    const root = makeFiles(['d/f']);
    symlinkSync('d', join(root, 'l'));
    symlinkSync('/etc', join(root, 'e'));
    await expect(leaves(op(folder(root), ['l/f']))).rejects.toMatchObject({
      code: 'E_COPY_SOURCE',
      message: '"l/f" is not in the build context',
    });
    expect(await leaves(op(folder(root), ['l/?']))).toEqual(['out']);
    expect(await leaves(op(folder(root), ['e/pass*']))).toEqual(['out']);
    expect(await leaves(op(folder(root), ['e*/./passwd*']))).toEqual([]);
    expect(await leaves(op(folder(root), ['?']))).toEqual(['out/d/f', 'out/e', 'out/l']);
  });

  test('a literal source that is missing is named, before the pivot and behind it', async () => {
    const from = folder(makeFiles(FILES));
    for (const [pattern, near] of [
      ['test/a/b/c/d/fo', 'test/a/b/c/d/foo'],
      ['test/./a/b/c/d/fo', undefined],
      ['nowhere/./f*', undefined],
    ]) {
      await expect(entriesOf(op(from, [pattern ?? '']))).rejects.toMatchObject({
        code: 'E_COPY_SOURCE',
        message: `"${pattern}" is not in the build context`,
        ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
      });
    }
  });

  test('the key holds what is taken, and nothing of what is not', async () => {
    const root = makeFiles(['p/a', 'p/b', 'q/b']);
    const key = async (): Promise<string> => JSON.stringify(await op(folder(root), ['*/a']).key());
    const before = await key();
    writeFileSync(join(root, 'p/b'), 'other');
    writeFileSync(join(root, 'q/c'), 'new');
    expect(await key()).toBe(before);
    writeFileSync(join(root, 'p/a'), 'other');
    expect(await key()).not.toBe(before);
    expect(JSON.stringify(await op(folder(root), ['*/b']).key())).not.toBe(await key());
  });

  test('gives the bytes of what was taken', async () => {
    const copy = op(folder(makeFiles(FILES)), ['**/foo']);
    const files = (await entriesOf(copy)).filter(({ type }) => type === 'file');
    const read: string[] = [];
    for await (const { chunks } of (await copy.contents())?.read(files) ?? [])
      for await (const chunk of chunks) read.push(Buffer.from(chunk).toString());
    expect(read).toEqual(['test/a/b/c/d/foo']);
  });
});
