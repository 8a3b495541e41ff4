// What is in the cache, and taking it out again. Records go first, so that no build can find them any
// more; files that nothing names then go only while no build runs, so that none loses what it found.

import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { whileAlone } from '../cache/leases.ts';
import type { CacheRecord } from '../cache/records.ts';
import type { Store } from '../cache/store.ts';
import { openLocalStore } from '../image/local-store.ts';
import { reachableObjects } from '../image/tree/reachable.ts';
import { chooseIsolation } from './exec/isolation.ts';
import { removeAll } from './exec/sandbox.ts';
import { forgetBlocks } from './export/known-blocks.ts';
import { findAnyLayerBlob } from './export/layer-blob-record.ts';
import { pruneRemote } from './remote/prune-remote.ts';

export interface PruneOptions {
  /** Base images' records too, and unpacked layers that records still name. */
  readonly all: boolean;
  readonly dryRun: boolean;
  /** Only what was not used for so long. */
  readonly olderThanMs?: number | undefined;
}

export interface Pruned {
  readonly removed: number;
  /** Bytes of disk. */
  readonly bytes: number;
  /** False where a build runs: then files stay until the next prune. */
  readonly swept: boolean;
}

/** Removes records, and then every layer, object and blob that neither a record nor an image needs. */
export async function prune(
  store: Store,
  options: PruneOptions,
  signal: AbortSignal,
): Promise<Pruned> {
  const doomed = new Set([...store.records.list()].filter((record) => isDoomed(record, options)));
  const doomedKeys = new Set([...doomed].map(({ key }) => key));
  const kept = [...store.records.list()].filter(({ key }) => !doomedKeys.has(key));
  if (!options.dryRun) {
    for (const key of doomedKeys) store.records.delete(key);
    await store.flush();
  }
  let bytes = 0;
  const sweep = async (): Promise<void> => {
    bytes = await sweepFiles(store, kept, options, signal);
  };
  let swept = true;
  if (options.dryRun) await sweep();
  else swept = await whileAlone(store.home, store.lease, sweep);
  return { removed: doomed.size, bytes, swept };
}

function isDoomed(record: CacheRecord, { all, olderThanMs }: PruneOptions): boolean {
  const old = olderThanMs === undefined || Date.now() - record.used > olderThanMs;
  return old && (all || record.kind !== 'base');
}

async function sweepFiles(
  store: Store,
  kept: readonly CacheRecord[],
  options: PruneOptions,
  signal: AbortSignal,
): Promise<number> {
  const { dryRun } = options;
  const layers = new Set(kept.flatMap((record) => record.layers));
  const objects = reachableObjects(
    store.objects,
    kept.map(({ tree }) => tree),
  );
  for (const layer of layers) objects.add(layer);
  const blobs = await openLocalStore(store.ociDir, store.blobs).usedBlobs();
  for (const layer of layers) {
    const blob = await findAnyLayerBlob(store, layer);
    if (blob !== undefined) blobs.add(blob.digest);
  }
  const remote = await pruneRemote(store, options);
  for (const digest of remote.blobs) blobs.add(digest);
  let bytes = 0;
  for (const folder of remote.repositories) {
    bytes += await diskBytes(folder);
    if (!dryRun) await rm(folder, { recursive: true, force: true });
  }
  const folders: string[] = [];
  for (const layer of await store.layers.list()) {
    if (layers.has(layer)) continue;
    bytes += await diskBytes(store.layers.container(layer));
    folders.push(store.layers.container(layer));
  }
  for await (const { digest, size } of store.blobs.list()) {
    if (blobs.has(digest)) continue;
    bytes += size;
    if (!dryRun) await store.blobs.delete(digest);
  }
  if (dryRun) return bytes;
  if (folders.length > 0) await removeAll(await chooseIsolation('auto', signal), folders);
  for (const { digest } of store.objects.list())
    if (!objects.has(digest)) store.objects.delete(digest);
  forgetBlocks(store.blocks, blobs);
  await store.flush();
  return bytes;
}

/** The blocks that a folder takes, what cannot be listed left out. */
async function diskBytes(path: string): Promise<number> {
  let bytes = 0;
  const waiting = [path];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const stat = await lstat(at).catch(() => undefined);
    if (stat === undefined) continue;
    bytes += stat.blocks * 512;
    if (!stat.isDirectory()) continue;
    const names = await readdir(at).catch(() => []);
    for (const name of names) waiting.push(join(at, name));
  }
  return bytes;
}
