import { expect, test } from 'vitest';
import { chooseItems } from '../../../builder/cache/choose.ts';
import { evictionOrder } from '../../../builder/cache/eviction-order.ts';
import type { Item } from '../../../builder/cache/item.ts';
import type { Stock } from '../../../builder/cache/stock.ts';
import type { CacheRecord } from '../../../cache/records.ts';
import { type Digest, sha256 } from '../../../core/digest.ts';

const NOW = 1_000_000;

/** A step that makes the tree `makes` of the tree `from`; its layer is named as its tree. */
function step(makes: string, from: string | undefined, lastUsed: number, layer = makes): Item {
  const record: CacheRecord = {
    key: sha256(`${from} ${makes}`),
    kind: 'run',
    step: makes,
    parts: from === undefined ? [] : [['input tree', sha256(from)]],
    tree: sha256(makes),
    layers: [sha256(layer)],
    created: 0,
    used: lastUsed,
    ms: 0,
  };
  const { key, kind, ms } = record;
  const sizes = { size: 100, shared: 0, ownBytes: 0, folders: [], blobs: [] };
  const layers = record.layers;
  return {
    key,
    kind,
    step: makes,
    created: 0,
    lastUsed,
    ms,
    record,
    layers,
    ...sizes,
    forget() {},
  };
}

function stockOf(items: readonly Item[], imageBlobs: readonly Digest[] = []): Stock {
  const layers = new Map(
    items.flatMap((item) => item.layers.map((layer) => [layer, 100] as const)),
  );
  const blobs = new Map(items.flatMap((item) => item.blobs.map((blob) => [blob, 10] as const)));
  return { records: [], layers, blobs, imageBlobs: new Set(imageBlobs), needs: new Map() };
}

function names(items: Iterable<Item>): string[] {
  return [...items].map((item) => item.step);
}

test('the last step of a chain goes first, and what it builds on is as new as it is', () => {
  const items = [
    step('base', undefined, 10),
    step('a', 'base', 20),
    step('b', 'a', 900),
    step('old', 'base', 30),
  ];
  expect(names(evictionOrder(items, NOW))).toEqual(['old', 'b', 'a', 'base']);
});

test('steps that lead back to a tree that was there before have an order too', () => {
  const items = [step('a', undefined, 1), step('b', 'a', 2), step('a', 'b', 3), step('c', 'a', 4)];
  // What b leads to is there without it.
  expect(names(evictionOrder(items, NOW))).toEqual(['b', 'c', 'a', 'a']);
});

test('what a clock of the future wrote is as new as what was used now, not newer', () => {
  const items = [step('future', undefined, NOW * 9), step('next', 'future', NOW * 8)];
  const others = [step('now', undefined, NOW)];
  expect(names(evictionOrder([...items, ...others], NOW)).at(-1)).toBe('future');
  expect(
    names(evictionOrder([...items, ...others], NOW))
      .slice(0, 2)
      .sort(),
  ).toEqual(['next', 'now']);
});

test('no more goes than it takes', () => {
  const items = [step('a', undefined, 1), step('b', undefined, 2), step('c', undefined, 3)];
  const choice = chooseItems(
    stockOf(items),
    items,
    () => true,
    () => 250,
  );
  expect(names(choice.chosen)).toEqual(['a']);
  expect(choice).toMatchObject({ before: 300, after: 200 });
  expect(
    names(
      chooseItems(
        stockOf(items),
        items,
        () => true,
        () => 0,
      ).chosen,
    ),
  ).toHaveLength(3);
});

test('a layer that another record needs is not freed by the first of them', () => {
  const items = [
    step('a', undefined, 1, 'same'),
    step('b', undefined, 2, 'same'),
    step('c', undefined, 3),
  ];
  const choice = chooseItems(
    stockOf(items),
    items,
    () => true,
    () => 150,
  );
  expect(names(choice.chosen)).toEqual(['a', 'b']);
  expect(choice).toMatchObject({ before: 200, after: 100 });
});

test('blobs that an image needs are neither counted nor freed', () => {
  const blob = sha256('blob');
  const items = [{ ...step('a', undefined, 1), blobs: [blob] }];
  const choice = chooseItems(
    stockOf(items, [blob]),
    items,
    () => true,
    () => 0,
  );
  expect(choice).toMatchObject({ before: 100, after: 0 });
});
