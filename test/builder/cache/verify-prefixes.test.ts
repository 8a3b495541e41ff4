// `cache verify`: what is remembered of how blobs begin is made again from the blobs.

import { expect, test } from 'vitest';
import { verifyPrefixes } from '../../../builder/cache/verify-prefixes.ts';
import {
  decodePrefix,
  encodePrefix,
  type Resumption,
} from '../../../builder/export/prefix-record.ts';
import type { Store } from '../../../cache/store.ts';
import { sha256 } from '../../../core/digest.ts';
import {
  COMPRESSORS,
  exported,
  layerOf,
  nameOf,
  newStore,
  someFiles,
} from '../../support/long-layers.ts';
import { seededRandom } from '../../support/seed.ts';

const random = seededRandom('verify prefixes');
const { signal } = new AbortController();

test('records that are right are found so, of layers whose times differ too', async () => {
  const files = someFiles(random);
  const store = await newStore();
  for (const compressor of COMPRESSORS) {
    await exported(store, layerOf(files), compressor);
    // The same tar, by another list: of times only whole seconds are in it.
    await exported(store, layerOf(files, 1n), compressor);
    const changed = new Map(files).set(nameOf(2_000), Buffer.from('changed'));
    await exported(store, layerOf(changed), compressor);
  }
  await store.flush();
  expect(await verifyPrefixes(store, false, signal)).toEqual([]);
}, 60_000);

test.each(['tarState', 'blobState', 'tarBytes'] as const)(
  'a record whose %s is another is found, and dropped with the others of its blob',
  async (field) => {
    const store = await newStore();
    const { descriptor } = await exported(store, layerOf(someFiles(random)));
    await store.flush();
    spoil(store, field);
    await store.flush();
    const { digest: name } = descriptor;
    const what = 'what is remembered of how it begins is not so';
    const faults = [{ kind: 'blob', name, what, heals: true }];
    expect(await verifyPrefixes(store, false, signal)).toEqual(faults);
    expect(await verifyPrefixes(store, true, signal)).toEqual(faults);
    await store.flush();
    expect(await verifyPrefixes(store, false, signal)).toEqual([]);
  },
);

/** As a defect of ours would leave it: every checksum is right. */
function spoil({ prefixes }: Store, field: 'tarState' | 'blobState' | 'tarBytes'): void {
  const [pair] = [...prefixes.entries()].flatMap(({ key, value }) => {
    const record = decodePrefix(key, value);
    const { resumption } = record ?? {};
    return record && resumption ? [{ key: Buffer.from(key), record, resumption }] : [];
  });
  if (pair === undefined) throw new Error('nothing is remembered');
  const other = Buffer.from(sha256('another state').slice(7), 'hex');
  const change: Partial<Resumption> =
    field === 'tarBytes' ? { tarBytes: pair.resumption.tarBytes + 512 } : { [field]: other };
  const record = { ...pair.record, resumption: { ...pair.resumption, ...change } };
  prefixes.put(pair.key, encodePrefix(pair.key, record));
}

test('records of a blob that is gone are no fault, and go', async () => {
  const store = await newStore();
  const { descriptor } = await exported(store, layerOf(someFiles(random)));
  await store.flush();
  await store.blobs.delete(descriptor.digest);
  expect(await verifyPrefixes(store, true, signal)).toEqual([]);
  await store.flush();
  // Those in which no block ends say nothing of a blob.
  for (const { key, value } of store.prefixes.entries())
    expect(decodePrefix(key, value)?.blocks).toEqual([]);
});
