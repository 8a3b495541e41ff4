// What is added is the same, whether it stays in memory or goes to the spool in many small runs.

import { describe, expect, test } from 'vitest';
import { AddedEntries } from '../../../builder/copy/added-entries.ts';
import type { Entry } from '../../../image/entry.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { dir, file, hardlink } from '../../support/entries.ts';
import { seededRandom } from '../../support/seed.ts';
import { tmpSpool } from '../../support/spool.ts';

function added(most: number, entries: readonly Entry[]): AddedEntries {
  const list = new AddedEntries(tmpSpool(), most);
  for (const entry of entries) list.add(entry);
  return list;
}

const shown = (entries: Iterable<Entry>): string[] =>
  [...entries].map(({ path, type, size, link }) => `${type} ${path} ${link ?? size}`);

describe.each([1, 2, 3, 1000])('with %i entries in memory at most', (most) => {
  test('the entry that came last holds, and the order is canonical', () => {
    const list = added(most, [file('b', 'x'), file('a/b'), dir('a'), file('b', 'xyz'), dir('c')]);
    expect(shown(list.inOrder())).toEqual(['dir a 0', 'file a/b 3', 'file b 3', 'dir c 0']);
    expect(list.get('b')).toEqual({ entry: file('b', 'xyz'), number: 3 });
    expect(list.get('b/c')).toBeUndefined();
    expect(list.number).toBe(5);
  });

  test('a file that is replaced lives on under its other names, each time that the list is made', () => {
    const list = added(most, [
      file('a', 'old'),
      hardlink('b', 'a'),
      hardlink('c', 'a'),
      file('a', 'newer'),
      hardlink('d', 'a'),
    ]);
    const expected = ['file a 5', 'file b 3', 'hardlink c b', 'hardlink d a'];
    expect(shown(list.inOrder())).toEqual(expected);
    expect(shown(list.inOrder())).toEqual(expected);
  });

  test('a name that comes before the file is the file', () => {
    const list = added(most, [file('m', 'text'), hardlink('b', 'm'), hardlink('z', 'm')]);
    expect(shown(list.inOrder())).toEqual(['file b 4', 'hardlink m b', 'hardlink z b']);
  });

  test('what lies below a folder that something else replaced is gone, and lives on under names elsewhere', () => {
    const list = added(most, [dir('d'), file('d/x', 'text'), hardlink('e', 'd/x'), file('d-')]);
    list.removeBelow('d');
    list.add(file('d', 'now a file'));
    expect(list.get('d/x')).toBeUndefined();
    expect(shown(list.inOrder())).toEqual(['file d 10', 'file d- 2', 'file e 4']);
    list.removeBelow('d');
    list.add(dir('d'));
    list.add(file('d/x', 'new'));
    expect(shown(list.inOrder())).toEqual(['dir d 0', 'file d/x 3', 'file d- 2', 'file e 4']);
  });
});

test('random additions come to the same in runs of any length, and as the index of a layer has them', () => {
  const random = seededRandom('added entries');
  for (let round = 0; round < 200; round++) {
    const entries: Entry[] = [];
    const files = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const path = `${'abc'[random.int(3)]}${random.int(12)}`;
      const target = [...files][random.int(files.size + 1)];
      if (random.int(3) === 0 && target !== undefined && target !== path && !files.has(path))
        entries.push(hardlink(path, target));
      else {
        files.add(path);
        entries.push(file(path, 'x'.repeat(i)));
      }
    }
    const expected = shown(sortEntries(entries));
    for (const most of [1, 7, 1000])
      expect(shown(added(most, entries).inOrder())).toEqual(expected);
  }
});
