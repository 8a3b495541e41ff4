// What the cache holds: its records, and the layers and blobs that they and the images need, each with what it
// takes on disk. Taken once and then only read: whoever removes something says what is left by another one.

import { layerSizes } from '../../cache/layer-sizes.ts';
import type { CacheRecord } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { type Digest, parseDigest } from '../../core/digest.ts';
import { openLocalStore } from '../../image/local-store.ts';
import { findAnyLayerBlob } from '../export/layer-blob-record.ts';

export interface Stock {
  readonly records: readonly CacheRecord[];
  /** Unpacked layers to bytes of disk. */
  readonly layers: ReadonlyMap<Digest, number>;
  /** Blobs to bytes of disk. */
  readonly blobs: ReadonlyMap<Digest, number>;
  /** Blobs that an image of the store needs. */
  readonly imageBlobs: ReadonlySet<Digest>;
  /** What is on disk for the sake of each record. */
  readonly needs: ReadonlyMap<CacheRecord, Needs>;
}

/** Without what is not there. */
export interface Needs {
  /** Unpacked layers. */
  readonly layers: readonly Digest[];
  /** The layers' compressed forms. */
  readonly blobs: readonly Digest[];
}

/** Returns what the store holds now. */
export async function takeStock(store: Store): Promise<Stock> {
  const records = [...store.records.list()];
  const layers = await layerSizes(store.layers, store.sizes);
  const blobs = new Map<Digest, number>();
  for await (const { digest, size } of store.blobs.list()) blobs.set(digest, size);
  const imageBlobs = await openLocalStore(store.ociDir, store.blobs).usedBlobs();
  const needs = new Map<CacheRecord, Needs>();
  for (const record of records) {
    const named = await blobsOf(store, record);
    needs.set(record, {
      layers: [...new Set(record.layers)].filter((layer) => layers.has(layer)),
      blobs: [...new Set(named)].filter((blob) => blobs.has(blob)),
    });
  }
  return { records, layers, blobs, imageBlobs, needs };
}

async function blobsOf(store: Store, record: CacheRecord): Promise<Digest[]> {
  if (record.kind === 'base') {
    // `<diffID> from <blob>`, as builder/ops/base.ts writes it.
    return record.parts.flatMap(([, value]) => parseDigest(value.split(' from ')[1]) ?? []);
  }
  const found = await Promise.all(record.layers.map((layer) => findAnyLayerBlob(store, layer)));
  return found.flatMap((blob) => blob?.digest ?? []);
}
