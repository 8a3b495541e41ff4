// The layer of a COPY or WORKDIR on another input: equal keys on any input must mean equal layers.

import { expect, test } from 'vitest';
import { inlineSource } from '../../../builder/copy/inline-source.ts';
import { treeSource } from '../../../builder/copy/tree-source.ts';
import { copyOp } from '../../../builder/ops/copy.ts';
import type { Op } from '../../../builder/ops/op.ts';
import { workdirOp } from '../../../builder/ops/workdir.ts';
import type { CopySpec } from '../../../builder/plan/graph.ts';
import type { Digest } from '../../../core/digest.ts';
import { isBuildError } from '../../../core/errors.ts';
import type { Entry } from '../../../image/entry.ts';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import { seededRandom } from '../../support/seed.ts';
import { tmpSpool } from '../../support/spool.ts';
import { tmpDir } from '../../support/tmp.ts';

const objects = memoryObjects();

const dir = (path: string, mode = 0o755): Entry => ({
  path,
  type: 'dir',
  mode,
  uid: 0,
  gid: 0,
  mtime: 0n,
  size: 0,
});
const fifo = (path: string): Entry => ({ ...dir(path), type: 'fifo', mode: 0o644 });
const link = (path: string, target: string): Entry => ({
  ...dir(path),
  type: 'symlink',
  link: target,
});
const gone = (path: string): Entry => ({ ...dir(path), type: 'whiteout', mode: 0 });

function tree(...entries: Entry[]): Digest {
  return applyLayer(objects, emptyTree(objects), sortEntries(entries));
}

function copySpec(destination: string, more: Partial<CopySpec> = {}): CopySpec {
  return {
    kind: 'copy',
    input: 0,
    instruction: 'COPY',
    from: { kind: 'context', name: undefined },
    sources: [],
    fetched: [],
    inline: [{ name: 'f', text: 'text' }],
    destination,
    chown: undefined,
    chmod: undefined,
    link: false,
    parents: false,
    exclude: [],
    unpack: undefined,
    ...more,
  };
}

/** What is copied where there is more than one file: a tree with folders, links and modes of its own. */
const SOURCE = tree(
  dir('s', 0o700),
  fifo('s/f'),
  dir('s/a', 0o711),
  fifo('s/a/b'),
  link('s/l', '/a'),
);

function copy(spec: CopySpec, input: Digest): Op {
  return copyOp(spec, {
    spool: tmpSpool(),
    objects,
    tree: input,
    image: treeSource(objects, 'the image', { tree: input, layers: [] }),
    from:
      spec.sources.length === 0
        ? inlineSource([])
        : treeSource(objects, 'the stage', { tree: SOURCE, layers: [] }),
    fetched: [],
    temporary: async () => tmpDir(),
    span: undefined,
  });
}

function workdir(path: string, input: Digest): Op {
  const image = treeSource(objects, 'the image', { tree: input, layers: [] });
  return workdirOp(
    { kind: 'workdir', input: 0, path, user: '' },
    { spool: tmpSpool(), objects, tree: input, image },
  );
}

const key = async (op: Op): Promise<string> => JSON.stringify(await op.keyOnAnyInput?.());

test.each<[string, Entry[], Entry[]]>([
  ['something elsewhere', [dir('d')], [dir('d'), dir('etc'), fifo('etc/x')]],
  ['a neighbour', [dir('d')], [dir('d'), fifo('d/other')]],
  [
    'another kind of thing that is replaced',
    [dir('d'), fifo('d/f')],
    [dir('d'), { ...fifo('d/f'), mode: 0o600 }],
  ],
])('the same key: %s', async (_, before, after) => {
  expect(await key(copy(copySpec('/d/f'), tree(...before)))).toBe(
    await key(copy(copySpec('/d/f'), tree(...after))),
  );
});

test.each<[string, Entry[], Entry[]]>([
  ['the mode of a directory above', [dir('d')], [dir('d', 0o700)]],
  ['the owner of a directory above', [dir('d')], [{ ...dir('d'), uid: 1 }]],
  ['an xattr of a directory above', [dir('d')], [{ ...dir('d'), xattrs: { 'user.a': 'Yg==' } }]],
  ['a directory above that is a link by now', [dir('d')], [dir('e'), link('d', 'e')]],
  ['a directory above that is not there', [dir('d')], [dir('e')]],
  ['a directory in the place of the file', [dir('d')], [dir('d'), dir('d/f')]],
  ['a link in the place of the file', [dir('d')], [dir('d'), link('d/f', 'g')]],
])('another key: %s', async (_, before, after) => {
  expect(await key(copy(copySpec('/d/f'), tree(...before)))).not.toBe(
    await key(copy(copySpec('/d/f'), tree(...after))),
  );
});

test('with --link nothing of the input counts', async () => {
  const spec = copySpec('/d/f', { link: true });
  expect(await key(copy(spec, tree(dir('d'))))).toBe(
    await key(copy(spec, tree(dir('e'), link('d', 'e')))),
  );
});

test('a WORKDIR that is there already has the same key on any image that has it', async () => {
  expect(await key(workdir('/d/e', tree(dir('d'), dir('d/e'))))).toBe(
    await key(workdir('/d/e', tree(dir('d'), dir('d/e', 0o700), fifo('x')))),
  );
  expect(await key(workdir('/d/e', tree(dir('d'), dir('d/e'))))).not.toBe(
    await key(workdir('/d/e', tree(dir('d')))),
  );
});

const NAMES = ['a', 'b', 'd', 'l', 'f'];
const DESTINATIONS = [
  '/',
  '/d',
  '/d/',
  '/d/f',
  '/a/b/d/',
  '/l/f',
  '/l/',
  '/l',
  '/a/l/b',
  '/d/../l/f',
];

test('random trees and edits: the same key on any input means the same tree as without reuse', async () => {
  const random = seededRandom('implicit rebase');
  const pick = <T>(list: readonly T[]): T => list[random.int(list.length)] as T;
  const path = (): string => Array.from({ length: 1 + random.int(3) }, () => pick(NAMES)).join('/');
  const entry = (): Entry => {
    const at = path();
    switch (random.int(6)) {
      case 0:
        return fifo(at);
      case 1:
        return link(at, pick(['a', '/d', '../b', '/a/b', 'f', '..']));
      case 2:
        return { ...dir(at, 0o700), uid: random.int(2) };
      default:
        return dir(at);
    }
  };
  const edited = (from: Digest): Digest => {
    const edits = Array.from({ length: 1 + random.int(3) }, () =>
      random.int(4) === 0 ? gone(path()) : entry(),
    );
    try {
      return applyLayer(objects, from, sortEntries(edits));
    } catch (error) {
      if (!isBuildError(error)) throw error;
      return from;
    }
  };
  const op =
    (kind: number, destination: string) =>
    (input: Digest): Op => {
      if (kind === 0) return workdir(destination, input);
      if (kind === 1) return copy(copySpec(destination), input);
      const more = { inline: [], sources: [pick(['s'])], chmod: kind === 3 ? 'go-w' : undefined };
      return copy(copySpec(destination, more), input);
    };
  let reused = 0;
  for (let round = 0; round < 3000; round++) {
    let before = emptyTree(objects);
    for (let i = random.int(8); i > 0; i--) before = edited(before);
    const after = edited(before);
    const make = op(random.int(4), pick(DESTINATIONS));
    try {
      const [first, second] = [make(before), make(after)];
      if ((await key(first)) !== (await key(second))) continue;
      const { entries } = await first.run({ log: () => {} });
      const fresh = await second.run({ log: () => {} });
      expect(applyLayer(objects, after, entries)).toBe(applyLayer(objects, after, fresh.entries));
      if (before !== after) reused++;
    } catch (error) {
      if (!isBuildError(error)) throw error;
    }
  }
  expect(reused).toBeGreaterThan(200);
});
