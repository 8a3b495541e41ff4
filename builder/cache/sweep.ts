// Takes off the disk what neither an item that stays nor an image needs. Only while no build runs, or one could
// lose what it has just found: the caller's duty (cache/leases.ts).

import { type CacheRecord, inputTreeOf } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { type Digest, digestAt } from '../../core/digest.ts';
import { LayerList } from '../../image/layer-list.ts';
import { reachReads } from '../../image/reads/read-set.ts';
import { reachableObjects } from '../../image/tree/reachable.ts';
import { chooseIsolation } from '../exec/isolation.ts';
import { removeAll } from '../exec/sandbox.ts';
import { forgetPlaces } from '../export/known-blocks.ts';
import type { Item } from './item.ts';
import type { Stock } from './stock.ts';

export interface Garbage {
  readonly layers: readonly Digest[];
  readonly blobs: readonly Digest[];
  /** Folders of items that go. */
  readonly folders: readonly string[];
  /** Bytes of disk that all of it takes. */
  readonly bytes: number;
}

/** What is on disk and needed by none of `kept`; `gone` are the items whose own folders go. */
export function findGarbage(stock: Stock, kept: readonly Item[], gone: Iterable<Item>): Garbage {
  const needed = new Set([
    ...stock.imageBlobs,
    ...kept.flatMap(({ layers, blobs }) => [...layers, ...blobs]),
  ]);
  const layers = [...stock.layers.keys()].filter((layer) => !needed.has(layer));
  const blobs = [...stock.blobs.keys()].filter((blob) => !needed.has(blob));
  const items = [...gone];
  const bytes =
    sum(layers, (layer) => stock.layers.get(layer)) +
    sum(blobs, (blob) => stock.blobs.get(blob)) +
    sum(items, ({ ownBytes }) => ownBytes);
  return { layers, blobs, folders: items.flatMap(({ folders }) => folders), bytes };
}

/** Removes it, and from the database what no record of `kept` needs. The records must be out of it already. */
export async function sweep(
  store: Store,
  stock: Stock,
  kept: readonly Item[],
  garbage: Garbage,
  signal: AbortSignal,
): Promise<void> {
  const folders = [
    ...garbage.folders,
    ...garbage.layers.map((layer) => store.layers.container(layer)),
  ];
  if (folders.length > 0) await removeAll(await chooseIsolation('auto', signal), folders);
  const gone = new Set(garbage.blobs);
  for (const blob of gone) await store.blobs.delete(blob);
  sweepObjects(store, kept);
  store.records.sweepSteps();
  const stay = new Set([...stock.blobs.keys()].filter((blob) => !gone.has(blob)));
  for (const table of [store.blocks, store.prefixes]) forgetPlaces(table, stay);
  await store.flush();
}

function sweepObjects({ objects, links }: Store, kept: readonly Item[]): void {
  const records = kept.flatMap(({ record }) => record ?? []);
  // The input of a step that was observed has the states of what it read.
  const trees = records.flatMap((record) => [record.tree, ...inputsRead(record)]);
  const needed = reachableObjects(objects, trees);
  for (const { layers, observed } of records) {
    for (const layer of layers) {
      needed.add(layer);
      for (const part of LayerList.open(objects, layer)?.parts ?? []) needed.add(part);
    }
    if (observed?.reads !== undefined) reachReads(objects, observed.reads, needed);
    if (observed?.links !== undefined) needed.add(observed.links);
  }
  for (const { digest } of objects.list()) if (!needed.has(digest)) objects.delete(digest);
  for (const { key } of links.entries()) if (!needed.has(digestAt(key, 0))) links.delete(key);
}

function inputsRead(record: CacheRecord): Digest[] {
  const input = record.observed?.reads === undefined ? undefined : inputTreeOf(record);
  return input === undefined ? [] : [input];
}

function sum<T>(values: readonly T[], bytes: (value: T) => number | undefined): number {
  return values.reduce((total, value) => total + (bytes(value) ?? 0), 0);
}
