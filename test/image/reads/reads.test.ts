// What a step looked at, and whether it would find the same in another tree.

import { expect, test } from 'vitest';
import type { Digest } from '../../../core/digest.ts';
import type { Entry } from '../../../image/entry.ts';
import { compareReads } from '../../../image/reads/compare-reads.ts';
import { listReads, reachReads } from '../../../image/reads/read-set.ts';
import { ReadSetBuilder } from '../../../image/reads/read-set-builder.ts';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { device, dir, fifo, file, symlink } from '../../support/entries.ts';
import { memoryObjects } from '../../support/memory-objects.ts';

const objects = memoryObjects();

function tree(...entries: Entry[]): Digest {
  return applyLayer(objects, emptyTree(objects), sortEntries(entries));
}

/** `path uses`, with `f` where a link at the end is followed. */
function read(input: Digest, ...looked: string[]): Digest {
  const reads = new ReadSetBuilder(objects, input);
  for (const line of looked) {
    const [path = '', letters = ''] = line.split(/ (?=\w*$)/);
    reads.look(path, { uses: letters.replace('f', ''), follow: letters.includes('f') });
  }
  return reads.put();
}

const BASE: Entry[] = [
  dir('app'),
  dir('app/src'),
  file('app/src/a.c'),
  file('app/README.md'),
  dir('bin'),
  file('bin/cc', 'cc', { mode: 0o755 }),
  symlink('lib', 'usr/lib'),
  dir('usr'),
  dir('usr/lib'),
  file('usr/lib/libc.so'),
];

/** The base with some entries in the place of its own, or without them. */
function edited(...edits: (Entry | string)[]): Digest {
  const entries = new Map(BASE.map((entry) => [entry.path, entry]));
  for (const edit of edits) {
    if (typeof edit === 'string') entries.delete(edit);
    else entries.set(edit.path, edit);
  }
  return tree(...entries.values());
}

type Case = [what: string, looked: string[], edits: (Entry | string)[]];

test.each<Case>([
  ['a file that was not looked at', ['app/src/a.c cf'], [file('app/README.md', 'new')]],
  ['a new file in a folder that was not listed', ['app sf'], [file('app/new')]],
  ['a new folder in one that was not listed', ['app sf'], [dir('app/new')]],
  ['the content of a file in a folder that was listed', ['app lf'], [file('app/README.md', 'new')]],
  [
    'the content of a file of which only the being there counts',
    ['app/README.md af'],
    [file('app/README.md', 'x')],
  ],
  [
    'the mode of a neighbour',
    ['app/src/a.c cf'],
    [file('app/README.md', undefined, { mode: 0o600 })],
  ],
  ['a link that leads to the same', ['lib/libc.so cf'], [symlink('other', 'lib')]],
])('holds: %s', (_, looked, edits) => {
  const input = tree(...BASE);
  expect(compareReads(objects, read(input, ...looked), input, edited(...edits))).toEqual({
    kind: 'holds',
  });
});

test.each<Case>([
  ['the content of a file that was read', ['app/src/a.c cf'], [file('app/src/a.c', 'new')]],
  [
    'the content of a file whose metadata were read: its time',
    ['app/src/a.c sf'],
    [file('app/src/a.c', 'b')],
  ],
  ['the mode of a file that was asked for', ['bin/cc af'], [file('bin/cc', 'cc', { mode: 0o644 })]],
  ['the owner of a file', ['bin/cc af'], [file('bin/cc', 'cc', { mode: 0o755, uid: 7 })]],
  [
    'an attribute of a file',
    ['bin/cc cf'],
    [file('bin/cc', 'cc', { mode: 0o755, xattrs: { 'user.a': 'YQ==' } })],
  ],
  ['a file that is gone', ['app/src/a.c af'], ['app/src/a.c']],
  ['a file that was not there', ['usr/bin/cc cf'], [dir('usr/bin'), file('usr/bin/cc')]],
  ['the folder above a file that was not there', ['usr/bin/cc cf'], [dir('usr/bin')]],
  ['a new name in a folder that was listed', ['app lf'], [file('app/new')]],
  ['a name less in a folder that was listed', ['app lf'], ['app/README.md']],
  [
    'another kind of thing in a folder that was listed',
    ['app lf'],
    [symlink('app/README.md', 'x')],
  ],
  ['the mode of a folder on the way', ['app/src/a.c cf'], [dir('app', { mode: 0o700 })]],
  ['the owner of a folder on the way', ['app/src/a.c cf'], [dir('app/src', { uid: 1 })]],
  ['the root', ['app/src/a.c cf'], [dir('', { mode: 0o700 })]],
  ['a link on the way', ['lib/libc.so cf'], [symlink('lib', 'app/src')]],
  ['what a link on the way leads to', ['lib/libc.so cf'], [file('usr/lib/libc.so', 'new')]],
  ['a link that was read', ['lib r'], [symlink('lib', '/usr/lib')]],
  ['a link that was asked for itself', ['lib s'], [symlink('lib', '/usr/lib')]],
  ['a file in the place of a folder', ['app/src sf'], ['app/src/a.c', file('app/src')]],
  ['a folder in the place of a file', ['bin/cc/x af'], [dir('bin/cc')]],
  ['a link in the place of a file', ['app/README.md af'], [symlink('app/README.md', 'src/a.c')]],
  ['what was appended to', ['app/README.md w'], [file('app/README.md', 'new')]],
  ['what a removed folder had in it', ['app/src lw'], [file('app/src/b.c')]],
])('does not hold: %s', (_, looked, edits) => {
  const input = tree(...BASE);
  const compared = compareReads(objects, read(input, ...looked), input, edited(...edits));
  expect(compared).toMatchObject({ kind: 'differs', more: 0 });
});

test('what differs is told with how it was looked at, before and after', () => {
  const input = tree(...BASE, device('tty', 'char', 5, 0), fifo('pipe'));
  const reads = read(
    input,
    'app/src/a.c cf',
    'app l',
    'usr/bin/cc cf',
    'tty sf',
    'pipe sf',
    'lib r',
  );
  const changed = edited(
    file('app/src/a.c', 'new'),
    file('app/new'),
    file('usr/bin/cc'),
    device('tty', 'char', 5, 1),
    dir('pipe'),
    'lib',
  );
  const state = { mode: 0o644, uid: 0, gid: 0, size: 3, type: 'file' };
  expect(compareReads(objects, reads, input, changed)).toMatchObject({
    kind: 'differs',
    changes: [
      { what: 'names', path: 'app', added: ['new'], removed: [], changed: [] },
      {
        what: 'path',
        uses: 'c',
        change: { kind: 'changed', path: 'app/src/a.c', before: { type: 'file' }, after: state },
      },
      { what: 'path', uses: 'r', change: { kind: 'removed', path: 'lib' } },
      { what: 'path', change: { path: 'pipe', before: { type: 'fifo' }, after: { type: 'dir' } } },
      { what: 'path', change: { path: 'tty', before: { minor: 0 }, after: { minor: 1 } } },
      { what: 'path', uses: '', change: { kind: 'added', path: 'usr/bin' } },
    ],
  });
});

test('links are followed in the tree and nowhere else, and end somewhere', () => {
  const input = tree(
    symlink('loop', 'loop'),
    symlink('up', '../../../etc'),
    symlink('abs', '/etc/./x'),
    dir('etc'),
    file('etc/x'),
    file('etc/f'),
    symlink('through', 'etc/f/../x'),
  );
  const reads = read(input, 'loop/a cf', 'up/x cf', 'abs cf', 'through af', 'etc/f/../x cf');
  expect([...listReads(objects, reads)]).toEqual([
    { path: '', uses: '' },
    { path: 'abs', uses: '' },
    { path: 'etc', uses: '' },
    { path: 'etc/f', uses: '' },
    { path: 'etc/x', uses: 'c' },
    { path: 'loop', uses: '' },
    { path: 'through', uses: '' },
    { path: 'up', uses: '' },
  ]);
});

test('names are bytes', () => {
  const name = 'caf\udce9';
  const input = tree(file(name), file('\ue000'), file('\u{10000}'));
  const reads = read(input, `${name} cf`, '\u{10000} cf', '\ue000 cf');
  expect([...listReads(objects, reads)].map(({ path }) => path)).toEqual([
    '',
    name,
    '\ue000',
    '\u{10000}',
  ]);
  const other = tree(file(name, 'new'), file('\ue000'), file('\u{10000}'));
  expect(compareReads(objects, reads, input, other)).toMatchObject({
    changes: [{ change: { path: name } }],
  });
});

test('a check reads what differs, however much was read', () => {
  const store = memoryObjects();
  const many = Array.from({ length: 100 }, (_, d) => [
    dir(`d${d}`),
    ...Array.from({ length: 100 }, (_, f) => file(`d${d}/f${f}`)),
  ]).flat();
  const build = (...entries: Entry[]): Digest =>
    applyLayer(store, emptyTree(store), sortEntries(entries));
  const input = build(...many);
  const builder = new ReadSetBuilder(store, input);
  for (const { path } of many) builder.look(path, { uses: 'c', follow: true });
  const reads = builder.put();
  const changed = build(...many, file('d7/new'));
  const before = store.reads();
  expect(compareReads(store, reads, input, changed)).toEqual({ kind: 'holds' });
  expect(store.reads() - before).toBeLessThan(12);
  const reached = new Set<Digest>();
  reachReads(store, reads, reached);
  // The folders were all looked at alike.
  expect(reached.size).toBe(3);
});

test('what the store has lost holds for nothing', () => {
  const store = memoryObjects();
  const input = applyLayer(store, emptyTree(store), sortEntries([dir('a'), file('a/b')]));
  const other = applyLayer(store, emptyTree(store), sortEntries([dir('a'), file('a/c')]));
  const builder = new ReadSetBuilder(store, input);
  builder.look('a/b', { uses: 'c', follow: true });
  const reads = builder.put();
  const lost = [...store.objects].filter(([, bytes]) => /reads-1\n\[\["b"/.test(`${bytes}`));
  for (const [digest] of lost) store.objects.delete(digest);
  expect(lost).toHaveLength(1);
  expect(compareReads(store, reads, input, other)).toEqual({ kind: 'unknown' });
  store.objects.delete(reads);
  expect(compareReads(store, reads, input, other)).toEqual({ kind: 'unknown' });
});
