import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { directorySource } from '../../../builder/context/directory-source.ts';
import { type IgnoreRules, NO_RULES, parseIgnoreFile } from '../../../builder/context/ignore.ts';
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

const EPOCH = new Date(1_700_000_000_000);

function context(files: Readonly<Record<string, string>>): CopySource {
  const root = tmpDir();
  for (const [path, text] of Object.entries(files)) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), target);
    else {
      writeFileSync(target, text);
      utimesSync(target, EPOCH, EPOCH);
    }
  }
  return folder(root);
}

function folder(root: string, rules: IgnoreRules = NO_RULES): CopySource {
  return directorySource({
    spool: tmpSpool(),
    name: 'the build context',
    root,
    rules,
    digests: memoryTable(),
    onSkipped: () => {},
  });
}

function spec(sources: string[], destination: string, more: Partial<CopySpec> = {}): CopySpec {
  return {
    kind: 'copy',
    input: 0,
    instruction: 'COPY',
    from: { kind: 'context', name: undefined },
    sources,
    inline: [],
    destination,
    chown: undefined,
    chmod: undefined,
    link: false,
    parents: false,
    exclude: [],
    unpack: undefined,
    fetched: [],
    ...more,
  };
}

const objects = memoryObjects();

function directory(path: string, mode = 0o755): Entry {
  return { path, type: 'dir', mode, uid: 0, gid: 0, mtime: 0n, size: 0 };
}

function link(path: string, target: string): Entry {
  return { path, type: 'symlink', mode: 0o777, uid: 0, gid: 0, mtime: 0n, size: 0, link: target };
}

function tree(...entries: Entry[]): Digest {
  return applyLayer(objects, emptyTree(objects), entries);
}

function op(from: CopySource, copy: CopySpec, input = emptyTree(objects)) {
  const image = treeSource(objects, 'the image', { tree: input, layers: [] });
  return copyOp(copy, {
    spool: tmpSpool(),
    objects,
    tree: input,
    image,
    from,
    fetched: [],
    temporary: async () => tmpDir(),
    span: undefined,
  });
}

async function copied(from: CopySource, copy: CopySpec, input?: Digest): Promise<string[]> {
  const { entries } = await op(from, copy, input).run({ log: () => {} });
  return [...entries].map((entry) => {
    const size = entry.type === 'file' ? ` ${entry.size}` : '';
    return `${entry.path} ${entry.type} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid}${size}`;
  });
}

describe('where a COPY puts things', () => {
  test.each<[string, string[], string, string[]]>([
    ['a file under a new name', ['a'], '/b', ['b file 644 0:0 1']],
    ['a file into a directory', ['a'], '/d/', ['d dir 755 0:0', 'd/a file 644 0:0 1']],
    ['the contents of a directory', ['s'], '/d', ['d dir 755 0:0', 'd/x file 644 0:0 2']],
    ['a directory into the root', ['s'], '/', ['x file 644 0:0 2']],
    [
      'several things',
      ['a', 's/x'],
      '/d/',
      ['d dir 755 0:0', 'd/a file 644 0:0 1', 'd/x file 644 0:0 2'],
    ],
    ['what a wildcard matches', ['s*/?'], '/d/', ['d dir 755 0:0', 'd/x file 644 0:0 2']],
    ['nothing, where a wildcard matches nothing', ['q*'], '/d/', []],
    ['a leading slash is the root of the context', ['/a'], '/b', ['b file 644 0:0 1']],
    ['.. stays in the context', ['../../a'], '/b', ['b file 644 0:0 1']],
    ['.. is taken away by words, links or not', ['l/../a'], '/b', ['b file 644 0:0 1']],
    ['what a class matches', ['[!b]'], '/d/', []],
    ['what an escaped wildcard matches', ['?\\*'], '/d/', ['d dir 755 0:0', 'd/x* file 644 0:0 3']],
    [
      'what matches in a folder that a link leads to',
      ['l/*'],
      '/d/',
      ['d dir 755 0:0', 'd/x file 644 0:0 2'],
    ],
    ['nothing behind a link that a wildcard matches', ['l*/x'], '/d/', []],
    ['what matches below a wildcard', ['?/x'], '/d/', ['d dir 755 0:0', 'd/x file 644 0:0 2']],
  ])('%s', async (_, sources, destination, expected) => {
    expect(
      await copied(
        context({ a: '1', 's/x': '22', l: '-> s', 'x*': '333' }),
        spec(sources, destination),
      ),
    ).toEqual(expected);
  });

  test('a file goes into a directory that the image has, even without a slash', async () => {
    const input = tree(directory('opt', 0o700));
    expect(await copied(context({ a: '1' }), spec(['a'], '/opt'), input)).toEqual([
      'opt dir 700 0:0',
      'opt/a file 644 0:0 1',
    ]);
  });

  test('a link in the image is followed inside the image, and nowhere else', async () => {
    const input = tree(directory('real'), link('way', '/../../real'));
    expect(await copied(context({ a: '1' }), spec(['a'], '/way/a'), input)).toEqual([
      'real dir 755 0:0',
      'real/a file 644 0:0 1',
    ]);
  });

  test('with --link no link of the image is followed', async () => {
    const input = tree(directory('real'), link('way', '/real'));
    expect(await copied(context({ a: '1' }), spec(['a'], '/way/a', { link: true }), input)).toEqual(
      ['way dir 755 0:0', 'way/a file 644 0:0 1'],
    );
  });

  test('a link in the context cannot lead out of it', async () => {
    const from = context({ 'etc/passwd': 'mine', out: '-> /etc/passwd', up: '-> ../../../etc' });
    expect(await copied(from, spec(['out'], '/x'))).toEqual(['x file 644 0:0 4']);
    expect(await copied(from, spec(['up/passwd'], '/x'))).toEqual(['x file 644 0:0 4']);
  });

  test('--chown and --chmod reach what is made on the way', async () => {
    const copy = spec(['a'], '/d/', { chown: '5:6', chmod: '0700' });
    expect(await copied(context({ a: '1' }), copy)).toEqual([
      'd dir 700 5:6',
      'd/a file 700 5:6 1',
    ]);
  });

  test('with --link a --chmod leaves the directories of the image alone', async () => {
    const copy = spec(['a'], '/bin/d/', { link: true, chmod: '700' });
    expect(await copied(context({ a: '1' }), copy)).toEqual([
      'bin dir 755 0:0',
      'bin/d dir 755 0:0',
      'bin/d/a file 700 0:0 1',
    ]);
  });

  test('--exclude keeps out what matches below the source', async () => {
    const from = context({ 's/a.md': '1', 's/b': '2', 's/t/c.md': '3' });
    expect(await copied(from, spec(['s'], '/d', { exclude: ['**/*.md'] }))).toEqual([
      'd dir 755 0:0',
      'd/b file 644 0:0 1',
      'd/t dir 755 0:0',
    ]);
  });

  test('a heredoc is a file', async () => {
    const copy = spec([], '/d/', { inline: [{ name: 'conf', text: 'abc' }] });
    expect(await copied(context({}), copy)).toEqual(['d dir 755 0:0', 'd/conf file 644 0:0 3']);
  });
});

describe('what a COPY refuses', () => {
  test('a source that is not there, with the nearest name', async () => {
    await expect(
      copied(context({ 'src/index.ts': '' }), spec(['src/indx.ts'], '/')),
    ).rejects.toMatchObject({
      code: 'E_COPY_SOURCE',
      message: '"src/indx.ts" is not in the build context',
      hint: 'did you mean "src/index.ts"?',
    });
  });

  test.each<[string, string]>([
    ['scr/index.ts', 'src/index.ts'],
    ['scr/other', 'src'],
    ['src/sbu/x', 'src/sub/x'],
  ])('of %s the first component that is not there is put right', async (source, meant) => {
    const from = context({ 'src/index.ts': '', 'src/sub/x': '' });
    await expect(copied(from, spec([source], '/'))).rejects.toMatchObject({
      hint: `did you mean "${meant}"?`,
    });
  });

  test('a source that an ignore rule keeps out, with the rule', async () => {
    const root = tmpDir();
    mkdirSync(join(root, 'out'));
    writeFileSync(join(root, 'out/a'), '');
    symlinkSync('out/a', join(root, 'way'));
    const rules = parseIgnoreFile({ name: '.dockerignore', text: '# comment\nout\n' });
    const from = folder(root, rules);
    for (const source of ['out/a', 'way']) {
      await expect(copied(from, spec([source], '/'))).rejects.toMatchObject({
        code: 'E_COPY_SOURCE',
        message: `"${source}" is not in the build context: .dockerignore:2 keeps it out ("out")`,
        hint: 'take that line out, or let the file in again by a "!" line below it',
      });
    }
    await expect(copied(from, spec(['out/b'], '/'))).rejects.toMatchObject({
      message: '"out/b" is not in the build context',
    });
  });

  test('a link to nothing that a wildcard matches', async () => {
    const from = context({ 'a.md': '', 'b.md': '-> nowhere' });
    await expect(copied(from, spec(['*.md'], '/'))).rejects.toMatchObject({
      code: 'E_COPY_SOURCE',
      message: '"b.md" is not in the build context',
    });
  });

  test('a wildcard below a folder that is not there', async () => {
    await expect(copied(context({ a: '' }), spec(['none/*.md'], '/'))).rejects.toMatchObject({
      code: 'E_COPY_SOURCE',
      message: '"none" is not in the build context',
    });
  });

  test('a file where the image has a directory, and the other way round', async () => {
    const from = context({ 's/x/y': '1', 'f/x': '2' });
    await expect(
      copied(from, spec(['f'], '/d'), tree(directory('d'), directory('d/x'))),
    ).rejects.toMatchObject({
      code: 'E_COPY_DESTINATION',
      message: 'cannot copy to /d/x: /d/x is a directory, and what is copied there is not',
    });
  });
});

describe('the key of a COPY', () => {
  const key = async (from: CopySource, copy: CopySpec): Promise<string> =>
    JSON.stringify(await op(from, copy).key());

  test('does not hold times: the same content made at another time has the same key', async () => {
    const now = context({ a: '1' });
    const then = context({ a: '1' });
    expect(await key(now, spec(['a'], '/'))).toBe(await key(then, spec(['a'], '/')));
  });

  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['content', { 's/a': '1' }, { 's/a': '2' }],
    ['a name', { 's/a': '1' }, { 's/b': '1' }],
    ['a link’s target', { 's/a': '-> x' }, { 's/a': '-> y' }],
    ['an empty directory more', { 's/a': '1' }, { 's/a': '1', 's/d/e': '1' }],
  ])('holds %s', async (_, before, after) => {
    const copy = spec(['s'], '/');
    expect(await key(context(before), copy)).not.toBe(await key(context(after), copy));
  });
});

test('a file that changes between the look at it and the read is an error that names it', async () => {
  const root = tmpDir();
  writeFileSync(join(root, 'a'), 'before');
  const copy = op(folder(root), spec(['a'], '/'));
  const entries = [...(await copy.run({ log: () => {} })).entries];
  writeFileSync(join(root, 'a'), 'after!');
  const contents = await copy.contents();
  await expect(async () => {
    for await (const { chunks } of contents?.read(entries) ?? []) for await (const _ of chunks);
  }).rejects.toMatchObject({
    code: 'E_FILE_CHANGED',
    message: `${join(root, 'a')} changed while it was read`,
  });
});
