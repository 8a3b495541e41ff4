// Taking things out of the cache because somebody asked. Records go first, so that no build can find them any
// more; files that nothing names then go only while no build runs, so that none loses what it found.

import { statfs } from 'node:fs/promises';
import { whileAlone } from '../../cache/leases.ts';
import type { Store } from '../../cache/store.ts';
import { forgetBuilds } from '../history/history-store.ts';
import { chooseItems } from './choose.ts';
import type { RecordFilter } from './filter.ts';
import { allItems, type Item } from './item.ts';
import { takeStock } from './stock.ts';
import { findGarbage, sweep } from './sweep.ts';

export interface PruneOptions {
  /** Base images' records and cache mounts too. */
  readonly all: boolean;
  readonly dryRun: boolean;
  /** Only what passes; undefined is everything but what `all` adds. */
  readonly filter?: RecordFilter | undefined;
  /** Only what was not used for so long. */
  readonly olderThanMs?: number | undefined;
  /** Bytes: no more is removed than it takes to get the cache to this size. */
  readonly maxUsed?: number | undefined;
  /** Bytes: the same, until so much of the disk is free. */
  readonly minFree?: number | undefined;
  /** Bytes that may stay whatever the two before say. */
  readonly keep?: number | undefined;
}

export interface Pruned {
  readonly removed: number;
  /** Bytes of disk. */
  readonly bytes: number;
  /** False where a build runs: then files stay until the next prune. */
  readonly swept: boolean;
}

/** What only `all`, or a filter, takes: what is costly to have again. */
const COSTLY: ReadonlySet<string> = new Set(['base', 'mount']);

/** Removes items, and then every layer, object and blob that neither an item nor an image needs. */
export async function prune(
  store: Store,
  options: PruneOptions,
  signal: AbortSignal,
): Promise<Pruned> {
  const stock = await takeStock(store);
  const items = await allItems(store, stock);
  const keep = await bytesToKeep(store, options);
  const { chosen } = chooseItems(stock, items, eligible(options), keep);
  if (options.dryRun) {
    const kept = items.filter((item) => !chosen.has(item));
    const { bytes } = findGarbage(stock, kept, chosen);
    return { removed: chosen.size, bytes, swept: true };
  }
  for (const item of chosen) item.forget();
  // What is told of builds leads to records that are gone now.
  if (options.all && options.filter === undefined && options.olderThanMs === undefined) {
    forgetBuilds(store.home);
  }
  await store.flush();
  let bytes = 0;
  const swept = await whileAlone(store.home, store.lease, async () => {
    bytes = await sweepAgain(store, chosen, signal);
  });
  return { removed: chosen.size, bytes, swept };
}

function eligible({ all, filter, olderThanMs }: PruneOptions): (item: Item) => boolean {
  const before = Date.now() - (olderThanMs ?? 0);
  return (item) =>
    (all || filter !== undefined || !COSTLY.has(item.kind)) &&
    (olderThanMs === undefined || item.lastUsed < before) &&
    (filter === undefined || filter(item));
}

/** As BuildKit reckons it, but that `keep` alone is a limit too. Tells how much stays of what is held. */
async function bytesToKeep(
  { home }: Store,
  { maxUsed, minFree, keep }: PruneOptions,
): Promise<(held: number) => number> {
  if (maxUsed === undefined && minFree === undefined) return () => keep ?? 0;
  const { bavail, bsize } = await statfs(home);
  const missing = Math.max(0, (minFree ?? 0) - bavail * bsize);
  return (held) => {
    const most = missing > 0 ? Math.max(1, held - missing) : Number.POSITIVE_INFINITY;
    return Math.max(Math.min(maxUsed ?? most, most), keep ?? 0);
  };
}

/** Other processes may have made or used something since it was chosen: that stays. */
async function sweepAgain(
  store: Store,
  chosen: ReadonlySet<Item>,
  signal: AbortSignal,
): Promise<number> {
  const folders = new Map(
    [...chosen].flatMap(({ folders: [path], lastUsed }) =>
      path ? [[path, lastUsed] as const] : [],
    ),
  );
  const stock = await takeStock(store);
  const items = await allItems(store, stock);
  const isGone = ({ folders: [path], lastUsed }: Item): boolean =>
    path !== undefined && folders.get(path) === lastUsed;
  const kept = items.filter((item) => !isGone(item));
  const garbage = findGarbage(stock, kept, items.filter(isGone));
  await sweep(store, stock, kept, garbage, signal);
  return garbage.bytes;
}
