import { expect, test } from 'vitest';
import { treeSource } from '../../../builder/copy/tree-source.ts';
import type { SnapshotLayer } from '../../../builder/snapshot.ts';
import { sha256 } from '../../../core/digest.ts';
import type { Entry } from '../../../image/entry.ts';
import { layerId } from '../../../image/layer-list.ts';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { listOf } from '../../support/entries.ts';
import { memoryObjects } from '../../support/memory-objects.ts';

const objects = memoryObjects();
const metadata = { mode: 0o644, uid: 0, gid: 0, mtime: 0n, size: 0 };
const dir = (path: string): Entry => ({ ...metadata, path, type: 'dir', mode: 0o755 });
const file = (path: string, text: string): Entry => ({
  ...metadata,
  path,
  type: 'file',
  size: text.length,
  digest: sha256(text),
});
const link = (path: string, target: string): Entry => ({
  ...metadata,
  path,
  type: 'hardlink',
  link: target,
});

/** What a COPY --from takes of /t of a stage with these layers. */
async function taken(...layers: readonly Entry[][]): Promise<string[]> {
  let tree = emptyTree(objects);
  const snapshots: SnapshotLayer[] = [];
  for (const entries of layers.map(sortEntries)) {
    tree = applyLayer(objects, tree, entries);
    snapshots.push({
      id: layerId(entries),
      entries: () => listOf(entries),
      contents: { async *read() {} },
      origin: undefined,
      hardLinks: () => [],
    });
  }
  const source = treeSource(objects, 'the stage', { tree, layers: snapshots });
  const entries = await source.walk({ path: 't', isDirectory: true });
  return [...entries].map(({ path, type, link }) =>
    link === undefined ? `${path} ${type}` : `${path} = ${link}`,
  );
}

const LAYER = [
  dir('t'),
  file('t/a', 'x'),
  link('t/b', 't/a'),
  link('t/c', 't/a'),
  file('t/d', 'x'),
];

test('names of one file in a stage stay names of one file; a file of equal content is another', async () => {
  expect(await taken(LAYER)).toEqual([' dir', 'a file', 'b = a', 'c = a', 'd file']);
});

test('a name that a later layer replaced is a file of its own', async () => {
  expect(await taken(LAYER, [file('t/a', 'y')])).toEqual([
    ' dir',
    'a file',
    'b file',
    'c = b',
    'd file',
  ]);
});

test('a link to a file of a layer below is a name of that file', async () => {
  expect(await taken([dir('t'), file('t/z', 'x')], [link('t/a', 't/z')])).toEqual([
    ' dir',
    'a file',
    'z = a',
  ]);
});
