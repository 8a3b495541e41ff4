// What a COPY is said to have brought: the difference of two lists, of which only the parts that differ are read.

import { expect, test } from 'vitest';
import { copiedChanges } from '../../../builder/exec/copied-changes.ts';
import type { Digest } from '../../../core/digest.ts';
import type { Entry } from '../../../image/entry.ts';
import { LayerList, writeLayerList } from '../../../image/layer-list.ts';
import { file } from '../../support/entries.ts';
import { memoryObjects } from '../../support/memory-objects.ts';

const FILES = Array.from({ length: 5000 }, (_, i) =>
  file(`f${String(i).padStart(4, '0')}`, `${i}`),
);

/** A store with the lists of two layers, which says what is asked for. */
function storeWith(before: readonly Entry[], after: readonly Entry[]) {
  const kept = memoryObjects();
  const asked: Digest[] = [];
  const objects = {
    ...kept,
    get(digest: Digest) {
      asked.push(digest);
      return kept.get(digest);
    },
  };
  const [old, now] = [writeLayerList(kept, before), writeLayerList(kept, after)];
  const partsOf = (id: Digest) => LayerList.open(kept, id)?.parts ?? [];
  const changes = () => copiedChanges({ objects } as never, old, now);
  return { changes, asked, old, now, partsOf };
}

test('a file that changed, one that came and one that went are told, in order', () => {
  const changed = file('f0100', 'other');
  const after = [...FILES.slice(0, 100), changed, ...FILES.slice(101, 4000), ...FILES.slice(4001)];
  after.push(file('g', 'new'));
  const { changes } = storeWith(FILES, after);
  expect(changes()?.paths.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    'changed f0100',
    'removed f4000',
    'added g',
  ]);
});

test('what moved from one part of a list to another is no change', () => {
  // The parts behind the first file are cut anew until one ends where it did.
  const { changes, partsOf, old, now } = storeWith(FILES, [file('a', 'new'), ...FILES]);
  expect(partsOf(now)[0]).not.toBe(partsOf(old)[0]);
  expect(changes()?.paths.map(({ path }) => path)).toEqual(['a']);
});

test('a time is no change', () => {
  const [first, ...others] = FILES;
  if (first === undefined) throw new Error('no files');
  const { changes } = storeWith(FILES, [{ ...first, mtime: first.mtime + 1n }, ...others]);
  expect(changes()).toEqual({ paths: [], more: 0 });
});

// With all of them read, the reason took a tenth of the time of a COPY in which one file of 20,000 had changed.
test('parts that both lists have are not read', () => {
  const { changes, asked, old, now, partsOf } = storeWith(FILES, [...FILES, file('g', 'new')]);
  const shared = partsOf(old).filter((part) => partsOf(now).includes(part));
  expect(shared.length).toBeGreaterThan(5);
  expect(changes()?.paths.map(({ path }) => path)).toEqual(['g']);
  expect(asked.filter((digest) => shared.includes(digest))).toEqual([]);
});
