import { expect, test } from 'vitest';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { completeParents } from '../../../image/tree/complete-parents.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { dir, file, opaque, whiteout } from '../../support/entries.ts';
import { memoryObjects } from '../../support/memory-objects.ts';

test('every directory that a layer only implies gets an entry, as the tree below has it', () => {
  const objects = memoryObjects();
  const below = applyLayer(objects, emptyTree(objects), [
    dir('clear', { mode: 0o750, uid: 7 }),
    dir('tmp', { mode: 0o1777, xattrs: { 'user.a': 'AA==' } }),
  ]);
  const layer = sortEntries([file('tmp/new/f'), whiteout('tmp/gone'), opaque('clear')]);
  const completed = completeParents(objects, below, layer);
  expect(completed).toEqual([
    dir('clear', { mode: 0o750, uid: 7 }),
    opaque('clear'),
    dir('tmp', { mode: 0o1777, xattrs: { 'user.a': 'AA==' } }),
    whiteout('tmp/gone'),
    dir('tmp/new'),
    file('tmp/new/f'),
  ]);
  expect(applyLayer(objects, below, completed)).toBe(applyLayer(objects, below, layer));
});
