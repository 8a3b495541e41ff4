// Directories of very many entries: kept in parts, one form for what is in them, read a part at a time.

import { describe, expect, test } from 'vitest';
import type { Digest } from '../../../core/digest.ts';
import type { Entry } from '../../../image/entry.ts';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { diffTrees } from '../../../image/tree/diff-trees.ts';
import {
  putDirectory,
  readDirectoryObject,
  type TreeEntry,
} from '../../../image/tree/directory.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { lookup } from '../../../image/tree/lookup.ts';
import { reachableObjects } from '../../../image/tree/reachable.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { walk } from '../../../image/tree/walk.ts';
import { dir, file, hardlink, whiteout } from '../../support/entries.ts';
import { memoryObjects } from '../../support/memory-objects.ts';
import { seededRandom } from '../../support/seed.ts';

const nameOf = (i: number): string => `f${String(i).padStart(5, '0')}`;

function files(from: number, to: number): Entry[] {
  return Array.from({ length: to - from }, (_, i) => file(`d/${nameOf(from + i)}`, `${from + i}`));
}

const objects = memoryObjects();

function treeOf(entries: readonly Entry[]): Digest {
  return applyLayer(objects, emptyTree(objects), [dir('d'), ...entries]);
}

function directoryOf(tree: Digest): Digest {
  const digest = lookup(objects, tree, 'd', { follow: 'all' })?.entry.digest;
  if (digest === undefined) throw new Error('no directory');
  return digest;
}

function formOf(digest: Digest): string | undefined {
  return Buffer.from(objects.objects.get(digest) ?? '')
    .toString('utf8')
    .split('\n')[0];
}

describe('the form', () => {
  test('is one object for up to 8192 entries, and parts for more: these digests change only with the format of the store', () => {
    const [one, parts] = [directoryOf(treeOf(files(0, 8192))), directoryOf(treeOf(files(0, 8193)))];
    expect([formOf(one), formOf(parts)]).toEqual(['slipway-dir-1', 'slipway-dir-parts-1']);
    expect(one).toMatchInlineSnapshot(
      `"sha256:5e8c6906504fae26a1ef6b2f81ec9843611058827c20510dc3b4ab50f16c34c5"`,
    );
    expect(parts).toMatchInlineSnapshot(
      `"sha256:56ebad07dd9d075bf746b03ab7fb1ed0b49117624e74ac1813bb6a386f7581a8"`,
    );
  });

  test('is the same whichever way the entries came and went', () => {
    const random = seededRandom('large directories');
    const added = new Map<string, Entry>();
    let tree = treeOf([]);
    for (let round = 0; round < 12; round++) {
      const layer = new Map<string, Entry>();
      const from = random.int(12_000);
      const isRemoval = random.int(3) === 0;
      for (const entry of files(from, from + random.int(6000))) {
        if (random.int(9) === 0) continue;
        if (isRemoval) {
          added.delete(entry.path);
          layer.set(entry.path, whiteout(entry.path));
        } else {
          const changed = random.int(4) === 0 ? file(entry.path, `round ${round}`) : entry;
          added.set(entry.path, changed);
          layer.set(entry.path, changed);
        }
      }
      tree = applyLayer(objects, tree, sortEntries([...layer.values()]));
      expect(tree).toBe(treeOf(sortEntries([...added.values()])));
    }
  });

  test('changes in one part where one entry changes', () => {
    const before = treeOf(files(0, 20_000));
    const kept = objects.objects.size;
    applyLayer(objects, before, [file('d/f10000', 'other')]);
    // The part, the object that names the parts, the root directory and the tree.
    expect(objects.objects.size - kept).toBe(4);
  });
});

describe('reading', () => {
  const tree = treeOf(files(0, 20_000));

  test('finds a name without the other parts, and nothing where nothing is', () => {
    const fresh = { ...objects };
    const before = objects.reads();
    for (const name of ['f00000', 'f19999'])
      expect(lookup(fresh, tree, `d/${name}`, { follow: 'all' })?.entry.name).toBe(name);
    for (const name of ['a', 'f0', 'f199990', 'g'])
      expect(lookup(fresh, tree, `d/${name}`, { follow: 'all' })).toBeUndefined();
    expect(objects.reads() - before).toBeLessThan(8);
  });

  test('goes through all of them, in order', () => {
    const names = [...walk(objects, tree, 'd')].map(({ path }) => path);
    expect(names).toEqual(['d', ...files(0, 20_000).map(({ path }) => path)]);
  });

  test('tells what sets two apart', () => {
    const layer = [file('d/a', 'new'), file('d/f00500', 'other'), whiteout('d/f19999')];
    const after = applyLayer(objects, tree, layer);
    expect([...diffTrees(objects, tree, after)].map(({ kind, path }) => `${kind} ${path}`)).toEqual(
      ['added d/a', 'changed d/f00500', 'removed d/f19999'],
    );
  });

  test('a second name of a file is found in a part that is written already', () => {
    const linked = treeOf([...files(0, 20_000), hardlink('d/g', 'd/f00001')]);
    const { digest } = lookup(objects, linked, 'd/g', { follow: 'all' })?.entry ?? {};
    expect(digest).toBe(file('x', '1').digest);
  });

  test('the parts are among what is kept for a tree, and one that is lost is missed', () => {
    const parts = [...reachableObjects(objects, [tree])];
    expect(parts.length).toBeGreaterThan(12);
    const [lost] = parts.slice(5);
    const few = {
      ...objects,
      get: (digest: Digest) => (digest === lost ? undefined : objects.get(digest)),
    };
    expect(() => [...walk(few, tree, 'd')]).toThrowError('the store does not have the directory');
  });
});

test('a directory of an older store, which is one object whatever its size, is read, and gets parts with the next change', () => {
  const entries = files(0, 10_000).map(({ path, mode, uid, gid, size, digest }): TreeEntry => {
    if (digest === undefined) throw new Error('no digest');
    return { name: path.slice(2), type: 'file', mode, uid, gid, size, digest };
  });
  const old: TreeEntry = {
    ...{ name: 'd', type: 'dir', mode: 0o755, uid: 0, gid: 0, size: 0 },
    digest: putDirectory(objects, entries),
  };
  const root = { ...old, name: '', digest: putDirectory(objects, [old]) };
  const tree = putDirectory(objects, [root]);
  expect([...readDirectoryObject(objects, directoryOf(tree)).keys()]).toHaveLength(10_000);
  const changed = applyLayer(objects, tree, [file('d/f10000', '10000')]);
  expect(directoryOf(changed)).toBe(directoryOf(treeOf(files(0, 10_001))));
});
