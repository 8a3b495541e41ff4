import { describe, expect, test } from 'vitest';
import type { Digest } from '../../../core/digest.ts';
import type { Entry } from '../../../image/entry.ts';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { diffTrees } from '../../../image/tree/diff-trees.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { lookup, readDirectory, resolvePath } from '../../../image/tree/lookup.ts';
import type { ObjectStore } from '../../../image/tree/object-store.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { subtreeDigest } from '../../../image/tree/subtree-digest.ts';
import { walk } from '../../../image/tree/walk.ts';
import {
  device,
  dir,
  fifo,
  file,
  hardlink,
  opaque,
  symlink,
  whiteout,
} from '../../support/entries.ts';
import { memoryObjects } from '../../support/memory-objects.ts';

function treeOf(objects: ObjectStore, ...layers: Entry[][]): Digest {
  let tree = emptyTree(objects);
  for (const layer of layers) tree = applyLayer(objects, tree, sortEntries(layer));
  return tree;
}

function listing(objects: ObjectStore, tree: Digest, path = ''): string[] {
  return [...walk(objects, tree, path)].map(
    ({ path: at, entry }) => `${entry.type} ${entry.mode.toString(8)} /${at}`,
  );
}

describe('a layer on a tree', () => {
  test('makes the directories above its entries', () => {
    const objects = memoryObjects();
    const tree = treeOf(objects, [file('a/b/c')]);
    expect(listing(objects, tree)).toEqual([
      'dir 755 /',
      'dir 755 /a',
      'dir 755 /a/b',
      'file 644 /a/b/c',
    ]);
  });

  test('leaves the metadata of directories that it does not name', () => {
    const objects = memoryObjects();
    const tree = treeOf(
      objects,
      [dir('', { mode: 0o700 }), dir('tmp', { mode: 0o1777 })],
      [file('tmp/x')],
    );
    expect(listing(objects, tree)).toEqual(['dir 700 /', 'dir 1777 /tmp', 'file 644 /tmp/x']);
  });

  test('changes the metadata of a directory and keeps what is in it', () => {
    const objects = memoryObjects();
    const tree = treeOf(objects, [file('d/x')], [dir('d', { mode: 0o500, uid: 3 })]);
    expect(listing(objects, tree)).toEqual(['dir 755 /', 'dir 500 /d', 'file 644 /d/x']);
  });

  test('removes files and whole directories by whiteouts, and nothing by a whiteout of nothing', () => {
    const objects = memoryObjects();
    const tree = treeOf(
      objects,
      [file('d/x'), file('e'), file('f')],
      [whiteout('d'), whiteout('e'), whiteout('g'), whiteout('no/such')],
    );
    expect(listing(objects, tree)).toEqual(['dir 755 /', 'file 644 /f']);
  });

  test('hides by an opaque mark what was there, and nothing of its own', () => {
    const objects = memoryObjects();
    const layer = [dir('d', { mode: 0o711 }), opaque('d'), file('d/new')];
    const tree = treeOf(objects, [file('d/x'), file('d/y/z')], layer);
    expect(listing(objects, tree)).toEqual(['dir 755 /', 'dir 711 /d', 'file 644 /d/new']);
  });

  test('replaces a link that is in the way of a directory, and does not follow it', () => {
    const objects = memoryObjects();
    const tree = treeOf(objects, [dir('usr/lib'), symlink('lib', 'usr/lib')], [file('lib/x')]);
    expect(listing(objects, tree)).toEqual([
      'dir 755 /',
      'dir 755 /lib',
      'file 644 /lib/x',
      'dir 755 /usr',
      'dir 755 /usr/lib',
    ]);
  });

  test('replaces a directory by a file, with all that was in it', () => {
    const objects = memoryObjects();
    const tree = treeOf(objects, [file('a/b/c')], [file('a')]);
    expect(listing(objects, tree)).toEqual(['dir 755 /', 'file 644 /a']);
  });

  test('makes of a hard link a file of the same content and metadata', () => {
    const objects = memoryObjects();
    const linked = treeOf(objects, [file('a', 'text', { mode: 0o600 }), hardlink('d/b', 'a')]);
    const copied = treeOf(objects, [
      file('a', 'text', { mode: 0o600 }),
      file('d/b', 'text', { mode: 0o600 }),
    ]);
    expect(linked).toBe(copied);
  });

  test('takes a hard link to a file of a layer below', () => {
    const objects = memoryObjects();
    const tree = treeOf(objects, [file('a', 'text')], [hardlink('b', 'a')]);
    expect(tree).toBe(treeOf(objects, [file('a', 'text'), file('b', 'text')]));
  });

  test.each([
    ['nothing', 'nowhere/x', 'the hard link "b" points to "nowhere/x", which does not exist'],
    ['a directory', 'd', 'the hard link "b" points to "d", which is a directory'],
    ['a file behind a link', 'l/x', 'the hard link "b" points to "l/x", which does not exist'],
  ])('is refused where a hard link points to %s', (_, target, message) => {
    const objects = memoryObjects();
    const base = treeOf(objects, [file('d/x'), symlink('l', 'd')]);
    expect(() => applyLayer(objects, base, [hardlink('b', target)])).toThrowError(
      expect.objectContaining({ code: 'E_LAYER_INVALID', message }),
    );
  });

  test('is refused where the root would not be a directory', () => {
    const objects = memoryObjects();
    expect(() => applyLayer(objects, emptyTree(objects), [file('')])).toThrowError(
      expect.objectContaining({
        code: 'E_LAYER_INVALID',
        message: 'the root directory cannot be a file',
      }),
    );
  });

  test('does not know times: two roads to the same files are the same tree', () => {
    const objects = memoryObjects();
    const one = treeOf(objects, [file('a/b', 'x', { mtime: 5n }), file('c')], [whiteout('c')]);
    const other = treeOf(objects, [dir('a', { mtime: 9n })], [file('a/b', 'x')]);
    expect(one).toBe(other);
  });

  test('that changes nothing gives the same tree', () => {
    const objects = memoryObjects();
    const tree = treeOf(objects, [file('a/b')]);
    expect(applyLayer(objects, tree, [])).toBe(tree);
    expect(applyLayer(objects, tree, [dir('a'), file('a/b')])).toBe(tree);
  });

  test('reads only the directories on its paths', () => {
    const objects = memoryObjects();
    const entries = Array.from({ length: 20_000 }, (_, i) => file(`d${i % 2000}/s/f${i}`));
    const base = treeOf(objects, entries);
    const fresh = { get: objects.get, put: objects.put };
    const before = objects.reads();
    applyLayer(fresh, base, [file('d0/s/new'), whiteout('d1/s/f1'), file('d1999/s/f1999', 'new')]);
    expect(objects.reads() - before).toBe(1 + 1 + 3 + 3);
  });

  test('says so where a directory is not in the store', () => {
    const objects = memoryObjects();
    const tree = treeOf(objects, [file('a/b')]);
    expect(() => [...walk({ get: () => undefined, put: objects.put }, tree, '')]).toThrowError(
      expect.objectContaining({
        code: 'E_TREE_MISSING',
        message: `the store does not have the directory ${tree}`,
      }),
    );
  });

  test('is pinned: this digest changes only with the format of the store', () => {
    const objects = memoryObjects();
    const tree = treeOf(objects, [
      dir('d', { uid: 1, xattrs: { 'user.b': 'AA==', 'user.a': '' } }),
      file('d/f', 'text'),
      symlink('d/s\udcff', '../x'),
      device('tty', 'char', 5, 1),
      fifo('pipe'),
    ]);
    expect(tree).toMatchInlineSnapshot(
      `"sha256:241381fcaf1d6e7093f9af6da7e3375deb4b29c6be1eeed022be8c6d6bcb9c83"`,
    );
  });
});

describe('looking up a path', () => {
  const objects = memoryObjects();
  const tree = treeOf(objects, [
    file('usr/lib/x'),
    symlink('lib', 'usr/lib'),
    symlink('abs', '/usr/lib'),
    symlink('up', '../../../../usr'),
    symlink('usr/back', '../lib/x'),
    symlink('dangling', 'usr/none/deep'),
    symlink('loop', 'loop2'),
    symlink('loop2', 'loop'),
  ]);

  test.each([
    ['usr/lib/x', 'all', 'usr/lib/x'],
    ['/lib/x', 'all', 'usr/lib/x'],
    ['lib', 'all', 'usr/lib'],
    ['lib', 'parent', 'lib'],
    ['abs/x', 'parent', 'usr/lib/x'],
    ['up/lib/x', 'all', 'usr/lib/x'],
    ['usr/back', 'all', 'usr/lib/x'],
    ['lib/../lib', 'all', 'usr/lib'],
    ['../../lib/./x', 'all', 'usr/lib/x'],
    ['', 'all', ''],
    ['usr/lib/x/.', 'all', undefined],
    ['usr/lib/x/..', 'all', undefined],
    ['none', 'all', undefined],
    ['none/..', 'all', undefined],
    ['dangling', 'all', undefined],
    ['dangling', 'parent', 'dangling'],
  ] as const)('%s, following %s, is at %s', (path, follow, real) => {
    expect(lookup(objects, tree, path, { follow })?.path).toBe(real);
  });

  test('ends in an error where links go round', () => {
    expect(() => lookup(objects, tree, 'loop/x', { follow: 'all' })).toThrowError(
      expect.objectContaining({
        code: 'E_SYMLINK_LOOP',
        message: '"loop/x" leads through more than 40 symbolic links',
      }),
    );
  });

  test.each([
    ['lib/new/er', 'usr/lib/new/er', 'usr/lib'],
    ['dangling/file', 'usr/none/deep/file', 'usr'],
    ['lib/x/y', 'usr/lib/x/y', 'usr/lib/x'],
  ])('%s, which does not exist, would be at %s', (path, real, existing) => {
    const resolved = resolvePath(objects, tree, path, { follow: 'all' });
    expect([resolved.path, resolved.entry, resolved.existing.path]).toEqual([
      real,
      undefined,
      existing,
    ]);
  });

  test('reads a directory through links, and nothing else', () => {
    expect([...(readDirectory(objects, tree, 'lib')?.keys() ?? [])]).toEqual(['x']);
    expect(readDirectory(objects, tree, 'lib/x')).toBeUndefined();
  });
});

describe('the digest of a part of a tree', () => {
  test('is of content and metadata, not of the name or the surroundings', () => {
    const objects = memoryObjects();
    const tree = treeOf(objects, [
      file('a/f', 'x'),
      file('b/g', 'x'),
      file('c/f', 'x'),
      file('d', 'x'),
    ]);
    const digest = (path: string): Digest | undefined => subtreeDigest(objects, tree, path);
    expect(digest('a')).toBe(digest('c'));
    expect(digest('a')).not.toBe(digest('b'));
    expect(digest('a/f')).toBe(digest('d'));
    expect(digest('none')).toBeUndefined();
  });
});

describe('the difference of two trees', () => {
  test('names what was added, changed and removed, and reads no equal directory', () => {
    const objects = memoryObjects();
    const a = treeOf(objects, [
      ...Array.from({ length: 100 }, (_, i) => file(`same/d${i}/f`)),
      file('gone/x'),
      file('d/f'),
      file('kind/x'),
      file('turn'),
    ]);
    const b = applyLayer(
      objects,
      a,
      sortEntries([
        whiteout('gone'),
        dir('d', { mode: 0o700 }),
        file('d/f', 'new'),
        file('new/x'),
        file('kind'),
        file('turn/y'),
      ]),
    );
    const before = objects.reads();
    const changes = [...diffTrees({ get: objects.get, put: objects.put }, a, b)];
    expect(changes.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'changed d',
      'changed d/f',
      'removed gone',
      'changed kind',
      'added new',
      'added new/x',
      'changed turn',
      'added turn/y',
    ]);
    expect(objects.reads() - before).toBeLessThan(12);
    expect([...diffTrees(objects, a, a)]).toEqual([]);
  });
});
