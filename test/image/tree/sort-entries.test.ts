import { describe, expect, test } from 'vitest';
import { nameFromBytes } from '../../../core/names.ts';
import type { Entry } from '../../../image/entry.ts';
import { comparePaths } from '../../../image/tree/path-order.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { dir, file, hardlink, opaque, symlink, whiteout } from '../../support/entries.ts';

const names = (entries: readonly Entry[]): string[] => entries.map((e) => `${e.type} ${e.path}`);

describe('the order of paths', () => {
  test('a directory comes before what is in it, and what is in it before longer names', () => {
    const sorted = ['', 'a', 'a/b', 'a/b/c', 'a-b', 'a.b', 'a0', 'b'];
    expect([...sorted].reverse().sort(comparePaths)).toEqual(sorted);
  });

  test('names are compared by bytes, those that are no UTF-8 too', () => {
    const name = (...bytes: number[]): string => nameFromBytes(Buffer.from(bytes));
    const sorted = [
      'z',
      name(0x80),
      name(0xc3, 0xa9),
      name(0xc3, 0xff),
      '\uffee',
      '\u{1f600}',
      name(0xff),
    ];
    const paths = sorted.flatMap((n) => [n, `${n}/x`]);
    expect([...paths].reverse().sort(comparePaths)).toEqual(paths);
  });
});

describe('sorting entries', () => {
  test('of two entries for a path the last one holds', () => {
    const entries = sortEntries([file('a', 'old'), file('b'), file('a', 'new')]);
    expect(entries).toEqual([file('a', 'new'), file('b')]);
  });

  test('an opaque entry comes right after its directory', () => {
    const entries = sortEntries([opaque('d'), file('d/x'), dir('d'), file('a')]);
    expect(names(entries)).toEqual(['file a', 'dir d', 'opaque d', 'file d/x']);
  });

  test('the first name of a file is the file, whichever it was in the list', () => {
    const content = file('z', 'text', { uid: 7 });
    const entries = sortEntries([content, hardlink('m', 'z'), hardlink('b', 'm')]);
    expect(entries).toEqual([
      { ...content, path: 'b' },
      hardlink('m', 'b', { uid: 7 }),
      hardlink('z', 'b', { uid: 7 }),
    ]);
  });

  test('a name keeps the file that it was linked to when the other name is replaced', () => {
    const entries = sortEntries([file('a', 'old'), hardlink('b', 'a'), file('a', 'new')]);
    expect(entries).toEqual([file('a', 'new'), file('b', 'old')]);
  });

  test('a hard link to a file of a lower layer stays as it is', () => {
    expect(sortEntries([hardlink('b', 'lower')])).toEqual([hardlink('b', 'lower')]);
  });

  test('a long chain of links forward is followed once', () => {
    const links = Array.from({ length: 20_000 }, (_, i) => hardlink(`l${i}`, `l${i + 1}`));
    const entries = sortEntries([...links, file('l20000', 'x')]);
    expect(entries.filter((e) => e.type === 'file').map((e) => e.path)).toEqual(['l0']);
  });

  test.each([
    ['itself', [hardlink('a', 'a')], 'the hard link "a" points to "a", which is not a file'],
    [
      'one another',
      [hardlink('a', 'b'), hardlink('b', 'a')],
      'the hard link "a" points to "b", which is not a file',
    ],
    [
      'a directory',
      [dir('d'), hardlink('a', 'd')],
      'the hard link "a" points to "d", which is not a file',
    ],
    [
      'a directory that comes later',
      [hardlink('a', 'd'), dir('d')],
      'the hard link "a" points to "d", which is not a file',
    ],
  ])('hard links to %s are refused', (_, entries, message) => {
    expect(() => sortEntries(entries)).toThrowError(
      expect.objectContaining({ code: 'E_LAYER_INVALID', message }),
    );
  });

  test.each([
    [
      'a file through a link',
      [symlink('a', '/etc'), file('a/passwd')],
      'the layer has "a/passwd" below "a", which is not a directory',
    ],
    [
      'a link over a directory in use',
      [file('a/passwd'), symlink('a', '/etc')],
      'the layer has "a" both as a directory and as something else',
    ],
    [
      'a removal through a link',
      [symlink('a', '/etc'), whiteout('a/passwd')],
      'the layer has "a/passwd" below "a", which is not a directory',
    ],
  ])('%s is refused', (_, entries, message) => {
    expect(() => sortEntries(entries)).toThrowError(
      expect.objectContaining({ code: 'E_LAYER_INVALID', message }),
    );
  });

  test('a whiteout never removes what its own layer has', () => {
    const entries = sortEntries([file('a'), whiteout('a'), dir('d'), file('d/x'), whiteout('d')]);
    expect(names(entries)).toEqual(['file a', 'dir d', 'opaque d', 'file d/x']);
  });

  test('a whiteout of a directory that is only implied makes the directory a new one', () => {
    expect(names(sortEntries([whiteout('d'), file('d/x')]))).toEqual([
      'dir d',
      'opaque d',
      'file d/x',
    ]);
  });

  test('whiteouts below a whiteout say nothing more', () => {
    expect(names(sortEntries([whiteout('d/x/y'), whiteout('d'), whiteout('d-')]))).toEqual([
      'whiteout d',
      'whiteout d-',
    ]);
  });
});
