import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { directorySource } from '../../../builder/context/directory-source.ts';
import { ignoreRules } from '../../../builder/context/ignore.ts';
import { treeSource } from '../../../builder/copy/tree-source.ts';
import { copyOp } from '../../../builder/ops/copy.ts';
import type { CopySpec } from '../../../builder/plan/graph.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { tmpSpool } from '../../support/spool.ts';
import { tmpDir } from '../../support/tmp.ts';

const objects = memoryObjects();

/** A context in which s/b, s/c, s/d and other are one file, and s/one is a file of its own. */
function context(): string {
  const root = tmpDir();
  mkdirSync(join(root, 's'));
  mkdirSync(join(root, 'u'));
  writeFileSync(join(root, 's/b'), 'shared');
  writeFileSync(join(root, 's/one'), 'single');
  writeFileSync(join(root, 'u/b'), 'newer');
  for (const name of ['s/c', 's/d', 'other']) linkSync(join(root, 's/b'), join(root, name));
  return root;
}

async function copied(sources: string[], more: Partial<CopySpec> = {}, ignored: string[] = []) {
  const tree = emptyTree(objects);
  const from = directorySource({
    spool: tmpSpool(),
    name: 'the build context',
    root: context(),
    rules: ignoreRules(ignored),
    digests: memoryTable(),
    onSkipped: () => {},
  });
  const spec: CopySpec = {
    kind: 'copy',
    input: 0,
    instruction: 'COPY',
    from: { kind: 'context', name: undefined },
    sources,
    inline: [],
    destination: '/d/',
    chown: undefined,
    chmod: undefined,
    link: false,
    parents: false,
    exclude: [],
    unpack: undefined,
    fetched: [],
    ...more,
  };
  const image = treeSource(objects, 'the image', { tree, layers: [] });
  const temporary = async () => tmpDir();
  const op = copyOp(spec, {
    spool: tmpSpool(),
    objects,
    tree,
    image,
    from,
    fetched: [],
    temporary,
    span: undefined,
  });
  const entries = [...(await op.run({ log: () => {} })).entries];
  const files = entries.filter(({ type }) => type === 'file');
  const contents = new Map<string, string>();
  for await (const { entry, chunks } of (await op.contents())?.read(files) ?? []) {
    for await (const chunk of chunks) contents.set(entry.path, Buffer.from(chunk).toString());
  }
  return entries
    .filter(({ path }) => dirname(path) === 'd' || path.startsWith('d/s/'))
    .filter(({ type }) => type !== 'dir')
    .map(({ path, link }) => `${path} ${link === undefined ? contents.get(path) : `= ${link}`}`);
}

test('names of one file in what is copied stay names of one file', async () => {
  expect(await copied(['s'])).toEqual(['d/b shared', 'd/c = d/b', 'd/d = d/b', 'd/one single']);
});

test('a name outside of what is copied is no name of it', async () => {
  expect(await copied(['other', 's/c'])).toEqual(['d/c shared', 'd/other shared']);
});

test.each<[string, Partial<CopySpec>, string[]]>([
  ['--exclude', { exclude: ['b'] }, []],
  ['the ignore file', {}, ['s/b']],
])('where %s keeps the first name out, the next one is the file', async (_, more, ignored) => {
  expect(await copied(['s'], more, ignored)).toEqual(['d/c shared', 'd/d = d/c', 'd/one single']);
});

test('with --parents only what is taken counts', async () => {
  expect(await copied(['s/[cd]'], { parents: true })).toEqual(['d/s/c shared', 'd/s/d = d/s/c']);
  expect(await copied(['s'], { parents: true, exclude: ['s/b', 's/c'] })).toEqual([
    'd/s/d shared',
    'd/s/one single',
  ]);
});

test('a later source that replaces the first name leaves the others as they are', async () => {
  expect(await copied(['s', 'u'])).toEqual([
    'd/b newer',
    'd/c shared',
    'd/d = d/c',
    'd/one single',
  ]);
});
