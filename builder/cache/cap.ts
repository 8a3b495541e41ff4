// The cap that is on by default: after each build the cache is brought below it again, and a floor of the disk is
// kept free. What images need does not count and is never taken; what a running build needs is not either, since
// nothing is taken while one runs: the last of several builds at once does it.

import { whileAlone } from '../../cache/leases.ts';
import type { Store } from '../../cache/store.ts';
import type { EventSink } from '../../core/events.ts';
import { bytesOutside, type DiskState, diskState, noteBytesOutside } from './account.ts';
import { chooseItems } from './choose.ts';
import { allItems } from './item.ts';
import { takeStock } from './stock.ts';
import { findGarbage, sweep } from './sweep.ts';

/** The default cap is the smaller of these two, and the floor the smaller of the other two. */
const CAP_BYTES = 20e9;
const CAP_SHARE = 0.1;
const FLOOR_BYTES = 2e9;
const FLOOR_SHARE = 0.05;

/** What is removed beyond the cap, so that not every build has to remove something. */
const SLACK = 0.1;

export interface CapEnvironment {
  readonly events: EventSink;
  readonly signal: AbortSignal;
}

/**
 * Removes from the cache what is above `cap` (bytes; undefined is the default, `off` none), the least recently used
 * first. Never throws: what goes wrong is told as a warning, since the build itself is done.
 */
export async function keepBelowCap(
  store: Store,
  cap: number | 'off' | undefined,
  { events, signal }: CapEnvironment,
): Promise<void> {
  if (cap === 'off') return;
  try {
    const state = await diskState(store);
    const limits = limitsOf(state, cap);
    const held = state.used - bytesOutside(store);
    if (held <= limits.cap && state.free >= limits.floor) return;
    await whileAlone(store.home, store.lease, () =>
      evict(store, state, limits, { events, signal }),
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    events({
      event: 'warning',
      code: 'CacheCap',
      message: `the cache was not brought below its cap: ${why}`,
    });
  }
}

interface Limits {
  readonly cap: number;
  readonly floor: number;
  /** Bytes that must become free for the floor. */
  readonly missing: number;
}

function limitsOf({ free, total }: DiskState, cap: number | undefined): Limits {
  const floor = Math.min(FLOOR_BYTES, total * FLOOR_SHARE);
  return {
    cap: cap ?? Math.min(CAP_BYTES, total * CAP_SHARE),
    floor,
    missing: Math.max(0, floor - free),
  };
}

async function evict(
  store: Store,
  { used }: DiskState,
  { cap, floor, missing }: Limits,
  { events, signal }: CapEnvironment,
): Promise<void> {
  const stock = await takeStock(store);
  const items = await allItems(store, stock);
  const keep = (held: number): number => {
    const isOver = held > cap || missing > 0;
    return isOver
      ? Math.max(1, Math.min(cap * (1 - SLACK), held - missing))
      : Number.POSITIVE_INFINITY;
  };
  const { chosen, before } = chooseItems(stock, items, () => true, keep);
  noteBytesOutside(store, used - before);
  const kept = items.filter((item) => !chosen.has(item));
  const garbage = findGarbage(stock, kept, chosen);
  if (garbage.bytes === 0) return;
  for (const item of chosen) item.forget();
  await store.flush();
  await sweep(store, stock, kept, garbage, signal);
  events({
    event: 'choice',
    subject: 'cache',
    chosen: `removed ${megabytes(garbage.bytes)} that was used least recently`,
    why:
      missing > 0
        ? `less than ${megabytes(floor)} of the disk was free`
        : `it was above its cap of ${megabytes(cap)}`,
  });
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
