// Which hard links a step may have seen, and whether it would see others.

import { expect, test } from 'vitest';
import type { Digest } from '../../../core/digest.ts';
import { compareLinks, type HardLinks, putLinksRead } from '../../../image/reads/links-read.ts';
import { putReads, type ReadRow } from '../../../image/reads/read-set.ts';
import { memoryObjects } from '../../support/memory-objects.ts';

const objects = memoryObjects();

function rows(...all: readonly [name: string, uses: string, below?: Digest][]): ReadRow[] {
  return all.map(([name, uses, below]) => ({ name, uses, below }));
}

/** A step that looked at `/d/read` and listed `/names`, and not what is in `/names/deep`. */
const below = putReads(objects, rows(['read', 's']));
const top = putReads(objects, rows(['d', '', below], ['names', 'l']));
const reads = putReads(objects, rows(['', '', top]));

const SEEN: readonly (readonly [what: string, links: HardLinks])[] = [
  ['a name that it looked at', [['d/other', 'd/read']]],
  ['a name in a folder that it listed', [['x', 'names/y']]],
];
const UNSEEN: readonly (readonly [what: string, links: HardLinks])[] = [
  ['a neighbour of what it looked at', [['d/other', 'd/more']]],
  ['a name deeper than what it listed', [['names/deep/x', 'names/deep/y']]],
  ['a folder that was only on the way', [['d', 'e']]],
];

test.each(SEEN)('counts: %s', (_, links) => {
  const kept = putLinksRead(objects, reads, links);
  expect(kept).toBeDefined();
  expect(compareLinks(objects, reads, kept, links)).toEqual({ kind: 'holds' });
  for (const [before, after] of [[kept, []] as const, [undefined, links] as const]) {
    const path = links[0]?.[0];
    const changes = [{ what: 'links', path }];
    expect(compareLinks(objects, reads, before, after)).toEqual({
      kind: 'differs',
      changes,
      more: 0,
    });
  }
});

test.each(UNSEEN)('does not count: %s', (_, links) => {
  expect(putLinksRead(objects, reads, links)).toBeUndefined();
  expect(compareLinks(objects, reads, undefined, links)).toEqual({ kind: 'holds' });
});

test('what the store has lost of a read set may have named any file', () => {
  const store = memoryObjects();
  const lost = putReads(store, rows(['', '', below]));
  expect(compareLinks(store, lost, undefined, [['d/a', 'd/b']])).toMatchObject({ kind: 'differs' });
  expect(compareLinks(store, below, undefined, [['d/a', 'd/b']])).toMatchObject({
    kind: 'differs',
  });
});

test('a record that names another object in the place of its links is only not told in full', () => {
  const links: HardLinks = [['d/a', 'd/read']];
  const changes = [{ what: 'links', path: 'd/a' }];
  expect(compareLinks(objects, reads, below, links)).toMatchObject({ kind: 'differs', changes });
});
