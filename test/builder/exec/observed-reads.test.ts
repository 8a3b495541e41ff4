// From what the runner says to a read set: the set-up and the layer count too, and what was not seen whole is no set.

import { expect, test } from 'vitest';
import { recordReads, type Sight, sightAmong } from '../../../builder/exec/observed-reads.ts';
import type { RunnerEvent } from '../../../builder/exec/runner-protocol.ts';
import { listReads } from '../../../image/reads/read-set.ts';
import { applyLayer } from '../../../image/tree/apply-layer.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import { sortEntries } from '../../../image/tree/sort-entries.ts';
import { dir, file, opaque, symlink, whiteout } from '../../support/entries.ts';
import { memoryObjects } from '../../support/memory-objects.ts';

const objects = memoryObjects();
const BASE = [
  dir('d'),
  file('d/f'),
  dir('e'),
  file('e/g'),
  dir('run'),
  symlink('var', 'run'),
  file('caf\udce9'),
];
const tree = applyLayer(objects, emptyTree(objects), sortEntries(BASE));

function sight(paths: string[], end: object = {}): Sight {
  const events: RunnerEvent[] = [
    { event: 'hello', version: 2 },
    { event: 'looked', paths },
    {
      event: 'observed',
      complete: true,
      reason: null,
      network: false,
      calls: 7,
      interrupted: 0,
      supervisor_us: 2600,
      ...end,
    },
  ];
  return sightAmong(events);
}

const reads = (sight: Sight, more: Partial<Parameters<typeof recordReads>[2]> = {}) =>
  recordReads(objects, sight, { tree, links: [], entries: [], setUp: [], ...more });

const shown = (...given: Parameters<typeof reads>): string[] => {
  const { reads: found } = reads(...given);
  if (found === undefined) throw new Error('no read set');
  return [...listReads(objects, found)].map(({ path, uses }) => `${path} ${uses}`);
};

test('paths are taken as bytes, links at the end are followed where the step did', () => {
  expect(shown(sight(['caf\xe9', 'cf', 'var', 'sf', 'd/none', 'a']))).toEqual([
    ' ',
    'caf\udce9 c',
    'd ',
    'd/none a',
    'run s',
    'var ',
  ]);
});

test('what the layer adds, changes or removes counts in full, and what was set up', () => {
  const entries = sortEntries([
    dir(''),
    dir('d'),
    file('d/f', 'changed'),
    file('d/new'),
    dir('e'),
    opaque('e'),
    whiteout('var'),
  ]);
  expect(shown(sight([]), { entries, setUp: ['/var/lock', '/proc'] })).toEqual([
    ' w',
    'd w',
    'd/f w',
    'd/new w',
    'e lw',
    'proc a',
    'run ',
    'run/lock a',
    'var lw',
  ]);
});

test('numbers come along', () => {
  const { reads: _, ...rest } = reads(sight([], { network: true }));
  expect(rest).toEqual({ network: true, calls: 7, supervisorMs: 3 });
});

test.each([
  [sight([], { complete: false, reason: 'io_uring' }), 'io_uring'],
  [sight([], { complete: false }), 'the runner did not see everything'],
  [sight([], { interrupted: 1 }), 'signals interrupted calls that were being seen'],
  [sightAmong([]), 'the runner did not say what it saw'],
  [sight(Array(2_000_002).fill('a')), 'it looked at more than 1000000 paths'],
])('what was not seen whole makes no read set', (seen, incomplete) => {
  expect(reads(seen)).toMatchObject({ reads: undefined, incomplete });
});
