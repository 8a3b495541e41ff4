// Recomputes everything that the store says of itself: blobs and objects against their names, unpacked layers
// against their lists, records against what they name. What is wrong can be dropped: the next build makes it anew.

import { whileAlone } from '../../cache/leases.ts';
import type { Store } from '../../cache/store.ts';
import { type Digest, finishDigest, startDigest } from '../../core/digest.ts';
import { openLocalStore } from '../../image/local-store.ts';
import { brokenRecords } from '../exec/heal.ts';
import { chooseIsolation } from '../exec/isolation.ts';
import type { Isolation } from '../exec/runner.ts';
import { removeAll } from '../exec/sandbox.ts';
import type { Fault } from './fault.ts';
import { readByParts } from './read-by-parts.ts';
import { verifyLayers } from './verify-layers.ts';
import { verifyPrefixes } from './verify-prefixes.ts';

export interface Verified {
  readonly faults: readonly Fault[];
  /** How many of each were looked at. */
  readonly blobs: number;
  readonly objects: number;
  readonly layers: number;
  readonly records: number;
  /** Unpacked layers in a form that another rung of isolation made, which this one cannot read. */
  readonly unread: number;
  /** False where a build runs, so that nothing could be repaired. */
  readonly repaired: boolean;
}

/** Looks at everything; with `repair` drops what is wrong, which needs that no build runs. */
export async function verifyStore(
  store: Store,
  repair: boolean,
  signal: AbortSignal,
): Promise<Verified> {
  const isolation = await chooseIsolation('auto', signal);
  if (!repair) return lookAtAll(store, isolation, undefined, signal);
  let found: Verified | undefined;
  const dropped: string[] = [];
  await whileAlone(store.home, store.lease, async () => {
    found = await lookAtAll(store, isolation, dropped, signal);
    if (dropped.length > 0) await removeAll(isolation, dropped);
    await store.flush();
  });
  return found ?? lookAtAll(store, isolation, undefined, signal);
}

/** `dropped` takes the folders that must go; where it is undefined nothing is changed. */
async function lookAtAll(
  store: Store,
  isolation: Isolation,
  dropped: string[] | undefined,
  signal: AbortSignal,
): Promise<Verified> {
  const drops = dropped !== undefined;
  const blobs = await lookAtBlobs(store, drops, signal);
  const prefixes = await verifyPrefixes(store, drops, signal);
  const objects = lookAtObjects(store);
  const layers = await verifyLayers(store, isolation, dropped, signal);
  const records = lookAtRecords(store, drops);
  return {
    faults: [...blobs.faults, ...prefixes, ...objects.faults, ...layers.faults, ...records.faults],
    blobs: blobs.count,
    objects: objects.count,
    layers: layers.count,
    records: records.count,
    unread: layers.unread,
    repaired: drops,
  };
}

interface Looked {
  readonly faults: readonly Fault[];
  readonly count: number;
}

async function lookAtBlobs(store: Store, drops: boolean, signal: AbortSignal): Promise<Looked> {
  const faults: Fault[] = [];
  const images = await openLocalStore(store.ociDir, store.blobs).usedBlobs();
  const seen = new Set<Digest>();
  for await (const { digest } of store.blobs.list()) {
    signal.throwIfAborted();
    seen.add(digest);
    const actual = await digestOfBlob(store, digest);
    if (actual === digest) continue;
    faults.push({
      kind: images.has(digest) ? 'image' : 'blob',
      name: digest,
      what: `its content has the digest ${actual}`,
      heals: !images.has(digest),
    });
    if (drops) await store.blobs.delete(digest);
  }
  for (const name of images) {
    if (!seen.has(name))
      faults.push({ kind: 'image', name, what: 'a blob of an image is missing', heals: false });
  }
  return { faults, count: seen.size };
}

async function digestOfBlob(store: Store, digest: Digest): Promise<Digest> {
  const hash = startDigest();
  for await (const chunk of readByParts(store.blobs, digest)) hash.update(chunk);
  return finishDigest(hash);
}

function lookAtObjects({ objects }: Store): Looked {
  const faults: Fault[] = [];
  let count = 0;
  for (const { digest } of objects.list()) {
    count++;
    // What is not what its name says is removed by being read.
    if (objects.get(digest) !== undefined) continue;
    faults.push({ kind: 'object', name: digest, what: 'its content is another', heals: true });
  }
  return { faults, count };
}

function lookAtRecords(store: Store, drops: boolean): Looked {
  const faults: Fault[] = [];
  for (const { key, step } of brokenRecords(store)) {
    faults.push({
      kind: 'record',
      name: key,
      what: `the result of ${step} is not whole`,
      heals: true,
    });
    if (drops) store.records.delete(key);
  }
  if (drops) store.records.sweepSteps();
  return { faults, count: [...store.records.list()].length };
}
