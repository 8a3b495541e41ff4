// A running account of what the cache takes on disk, so that a build that stays below the cap walks no files.
// Layers and blobs never change once they are there: the times of their folders tell whether one came or went,
// and only new layers are walked. What else there is (cache mounts, repositories) is walked again when that is
// quick, and otherwise now and then.

import { statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DiskCounter } from '../../cache/disk-usage.ts';
import { layerSizes } from '../../cache/layer-sizes.ts';
import type { Store } from '../../cache/store.ts';

interface Account {
  /** The times of the folders of layers and blobs when it was made. */
  readonly seen: string;
  /** Bytes of disk of the layers and blobs, and of the rest. */
  readonly fixed: number;
  readonly loose: number;
  /** When the rest was walked, and how long that took, in milliseconds. */
  readonly walked: number;
  readonly walkMs: number;
}

export interface DiskState {
  /** Bytes that the cache and the images take. */
  readonly used: number;
  /** Bytes of the disk that anybody may still use, and of the whole disk. */
  readonly free: number;
  readonly total: number;
}

const KEY = Buffer.from('account');
const OUTSIDE_KEY = Buffer.from('outside');
const LOOSE_FOLDERS = ['mounts', 'git', 'logs', 'builds', 'db'];

/** A walk that takes less is made after each build that made something, another one once an hour. */
const QUICK_MS = 50;
const HOUR_MS = 3_600_000;

/** What the store takes now, counted as cheaply as the last account allows. */
export async function diskState(store: Store): Promise<DiskState> {
  const { bavail, blocks, bsize } = statfsSync(store.home);
  const account = await bringUpToDate(store, decode(store.sizes.get(KEY)));
  const used = account.fixed + account.loose;
  return { used, free: bavail * bsize, total: blocks * bsize };
}

/** The bytes that were not the cache's when it was last looked at as a whole; 0 where that is over an hour ago. */
export function bytesOutside({ sizes }: Store): number {
  const [bytes = 0, noted = 0] = Buffer.from(sizes.get(OUTSIDE_KEY) ?? [])
    .toString()
    .split(' ')
    .map(Number);
  return Math.abs(Date.now() - noted) > HOUR_MS ? 0 : bytes;
}

/** Notes that so many of the bytes in use are not the cache's: those of images, mostly. */
export function noteBytesOutside({ sizes }: Store, bytes: number): void {
  sizes.put(OUTSIDE_KEY, Buffer.from(`${Math.max(0, Math.round(bytes))} ${Date.now()}`));
}

async function bringUpToDate(store: Store, last: Account | undefined): Promise<Account> {
  // The times first: what comes while it is counted is then seen as new by the next one.
  const seen = timesOfFolders(store);
  if (last?.seen === seen && !isStale(last)) return last;
  const fixed = last?.seen === seen ? last.fixed : await countFixed(store);
  const isDue = last === undefined || last.walkMs < QUICK_MS || isStale(last);
  const { loose, walked, walkMs } = isDue ? await walkLoose(store) : last;
  const next = { seen, fixed, loose, walked, walkMs };
  store.sizes.put(KEY, Buffer.from(JSON.stringify(next)));
  return next;
}

/** A clock that was set back makes it stale too. */
function isStale({ walked }: Account): boolean {
  return Math.abs(Date.now() - walked) > HOUR_MS;
}

function timesOfFolders({ home, ociDir }: Store): string {
  const folders = [join(home, 'layers'), join(ociDir, 'blobs', 'sha256')];
  const times = folders.map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return times.map((status) => String(status?.mtimeNs ?? '')).join(' ');
}

async function countFixed({ layers, ociDir, sizes }: Store): Promise<number> {
  let bytes = 0;
  for (const size of (await layerSizes(layers, sizes, 'trust')).values()) bytes += size;
  return bytes + (await new DiskCounter().count(join(ociDir, 'blobs'))).bytes;
}

async function walkLoose({ home }: Store): Promise<Pick<Account, 'loose' | 'walked' | 'walkMs'>> {
  const started = performance.now();
  const counter = new DiskCounter();
  let loose = 0;
  for (const folder of LOOSE_FOLDERS) loose += (await counter.count(join(home, folder))).bytes;
  return { loose, walked: Date.now(), walkMs: performance.now() - started };
}

/** A value that is not whole counts as absent. */
function decode(bytes: Uint8Array | undefined): Account | undefined {
  if (bytes === undefined) return undefined;
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Account;
    const numbers = [value.fixed, value.loose, value.walked, value.walkMs];
    return numbers.every((number) => Number.isFinite(number) && number >= 0) ? value : undefined;
  } catch {
    return undefined;
  }
}
