// What a layer begins with as an earlier one did is not read again: and its blob has the bytes that it would have.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forgetPlaces } from '../../../builder/export/known-blocks.ts';
import type { ExportedLayer } from '../../../builder/export/layer-blob.ts';
import type { Store } from '../../../cache/store.ts';
import { hexOf } from '../../../core/digest.ts';
import { gzip } from '../../../image/compress/gzip.ts';
import { listOf } from '../../support/entries.ts';
import {
  COMPRESSORS,
  entriesOf,
  exported,
  layerOf,
  nameOf,
  newStore,
  someFiles,
} from '../../support/long-layers.ts';
import { seededRandom } from '../../support/seed.ts';

const random = seededRandom('layer prefix');

test('nothing long before the first change is read, and the blob is the one of a new store', async () => {
  const files = someFiles(random);
  const changed = new Map(files).set(nameOf(2_500), Buffer.from('changed'));
  for (const compressor of COMPRESSORS) {
    const store = await newStore();
    await exported(store, layerOf(files), compressor);
    const layer = layerOf(changed);
    const first = await exported(store, layer, compressor);
    expect(layer.asked).toContain(nameOf(2_500));
    expect(layer.asked).not.toContain(nameOf(100));
    expect(first).toEqual(await exported(await newStore(), layerOf(changed), compressor));
    // What was taken over is known of the new blob too.
    await store.flush();
    forgetPlaces(store.prefixes, new Set([first.descriptor.digest]));
    const again = layerOf(new Map(changed).set(nameOf(2_990), Buffer.from('changed')));
    await exported(store, again, compressor);
    expect(again.asked).not.toContain(nameOf(100));
  }
}, 60_000);

test('random edits: every layer has the bytes that a new store gives it', async () => {
  const store = await newStore();
  const files = someFiles(random);
  for (let round = 0; round < 12; round++) {
    // Most of them near the end, so that there is something before them.
    const at = 3_000 - random.int(random.int(3_000) + 1);
    if (random.int(3) === 0) files.delete(nameOf(at));
    else files.set(`${nameOf(at)}${random.int(2)}`, Buffer.alloc(random.int(400_000), `${round}`));
    const layer = layerOf(files);
    for (const compressor of COMPRESSORS)
      expect(await exported(store, layer, compressor), `round ${round}`).toEqual(
        await exported(await newStore(), layer, compressor),
      );
  }
}, 60_000);

test('where a block ended because of what was behind the part that is the same, it may end elsewhere', async () => {
  const small = someFiles(random);
  const ends = cumulated(listOf(entriesOf(small)).chunks.map(({ count }) => count)).slice(0, -1);
  expect(ends.length).toBeGreaterThan(3);
  const large = new Map(small);
  for (const end of ends) large.set(nameOf(end), Buffer.alloc(300_000, 'a block ends before it'));
  const behind = cumulated(listOf(entriesOf(large)).chunks.map(({ count }) => count));
  expect(behind).toEqual(expect.arrayContaining(ends));
  for (const end of ends.slice(0, 2)) {
    const store = await newStore();
    await exported(store, layerOf(large));
    const layer = layerOf(new Map(large).set(nameOf(end), Buffer.from('no block ends before it')));
    expect(await exported(store, layer)).toEqual(await exported(await newStore(), layer));
  }
}, 60_000);

function cumulated(counts: readonly number[]): number[] {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum;
  });
}

test('other times are other entries, unless they are clamped to the same', async () => {
  const store = await newStore();
  const files = someFiles(random);
  const changed = new Map(files).set(nameOf(2_900), Buffer.from('changed'));
  await exported(store, layerOf(files, 4_000_000_000n));
  const later = layerOf(changed, 5_000_000_000n);
  await exported(store, later);
  expect(later.asked).toHaveLength(files.size);
  await exported(store, layerOf(files, 4_000_000_000n), gzip(), 3);
  const clamped = layerOf(changed, 5_000_000_000n);
  expect(await exported(store, clamped, gzip(), 3)).toEqual(
    await exported(await newStore(), layerOf(changed, 6_000_000_000n), gzip(), 3),
  );
  expect(clamped.asked).not.toContain(nameOf(100));
}, 60_000);

test('a blob that is damaged or gone costs time, and nothing else', async () => {
  const files = someFiles(random);
  const changed = layerOf(new Map(files).set(nameOf(2_900), Buffer.from('changed')));
  for (const compressor of COMPRESSORS) {
    const expected = await exported(await newStore(), changed, compressor);
    for (const harm of [damage, remove]) {
      const store = await newStore();
      await harm(store, await exported(store, layerOf(files), compressor));
      expect(await exported(store, changed, compressor)).toEqual(expected);
    }
  }
}, 60_000);

/** Changes one byte of the beginning. */
async function damage(store: Store, { descriptor }: ExportedLayer): Promise<void> {
  const path = join(store.ociDir, 'blobs/sha256', hexOf(descriptor.digest));
  const bytes = readFileSync(path);
  const at = random.int(bytes.length >> 1);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

async function remove(store: Store, { descriptor }: ExportedLayer): Promise<void> {
  await store.blobs.delete(descriptor.digest);
}

test('a record that was changed, or is under a key that is not its own, is none', async () => {
  const files = someFiles(random);
  const changed = layerOf(new Map(files).set(nameOf(2_900), Buffer.from('changed')));
  const expected = await exported(await newStore(), changed);
  for (const spoil of [flipOneBit, exchange]) {
    const store = await newStore();
    await exported(store, layerOf(files));
    await store.flush();
    spoil(store);
    expect(await exported(store, changed)).toEqual(expected);
  }
}, 60_000);

/** In every record, with a checksum of the table's own that is right. */
function flipOneBit({ prefixes }: Store): void {
  for (const { key, value } of [...prefixes.entries()]) {
    const bytes = Buffer.from(value);
    const at = random.int(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(8));
    prefixes.put(key, bytes);
  }
}

function exchange({ prefixes }: Store): void {
  const pairs = [...prefixes.entries()].map(({ key, value }) => [key, Buffer.from(value)] as const);
  expect(pairs.length).toBeGreaterThan(3);
  for (const [index, [key]] of pairs.entries()) {
    const other = pairs.at(index - 1);
    if (other !== undefined) prefixes.put(key, other[1]);
  }
}

test('what is known of blobs that are not kept is forgotten', async () => {
  const store = await newStore();
  const { descriptor } = await exported(store, layerOf(someFiles(random)));
  const count = async (kept: readonly ExportedLayer['descriptor'][]): Promise<number> => {
    forgetPlaces(store.prefixes, new Set(kept.map(({ digest }) => digest)));
    await store.flush();
    return [...store.prefixes.entries()].length;
  };
  await store.flush();
  expect(await count([descriptor])).toBeGreaterThan(3);
  expect(await count([])).toBe(0);
});
