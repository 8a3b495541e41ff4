// What the store takes on disk, kind by kind: together exactly what du(1) says of its folder.

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DiskCounter } from '../../cache/disk-usage.ts';
import type { Store } from '../../cache/store.ts';
import { openLocalStore } from '../../image/local-store.ts';

export interface KindUsage {
  readonly kind:
    | 'layers'
    | 'blobs'
    | 'database'
    | 'mounts'
    | 'git'
    | 'logs'
    | 'builds'
    | 'tmp'
    | 'other';
  /** How many there are of the kind. */
  readonly count: number;
  /** Bytes of disk. */
  readonly bytes: number;
  /** Those of them that images of the store need too: no prune of the cache frees them. */
  readonly shared: number;
}

export interface StoreUsage {
  readonly kinds: readonly KindUsage[];
  readonly bytes: number;
  readonly shared: number;
  /** Folders that this user may not list; what is in them is not counted. */
  readonly unread: number;
}

/** The folders of a store by what they hold. */
const FOLDERS: Readonly<Record<string, KindUsage['kind']>> = {
  layers: 'layers',
  oci: 'blobs',
  db: 'database',
  mounts: 'mounts',
  git: 'git',
  logs: 'logs',
  builds: 'builds',
  tmp: 'tmp',
};

const KINDS: readonly KindUsage['kind'][] = [...new Set(Object.values(FOLDERS)), 'other'];

/** Counts everything in the store but what this very command holds there. */
export async function storeUsage(store: Store): Promise<StoreUsage> {
  const { home, lease } = store;
  const counter = new DiskCounter([lease.tmp, join(home, 'leases', basename(lease.tmp))]);
  const bytes = new Map<KindUsage['kind'], number>();
  let unread = 0;
  const names = await readdir(home);
  for (const name of names) {
    const counted = await counter.count(join(home, name));
    const kind = FOLDERS[name] ?? 'other';
    bytes.set(kind, (bytes.get(kind) ?? 0) + counted.bytes);
    unread += counted.unread;
  }
  const itself = await new DiskCounter(names.map((name) => join(home, name))).count(home);
  bytes.set('other', (bytes.get('other') ?? 0) + itself.bytes);
  const shared = await bytesOfImages(store);
  const counts = await countKinds(store);
  const kinds = KINDS.map((kind) => ({
    kind,
    count: counts.get(kind) ?? 0,
    bytes: bytes.get(kind) ?? 0,
    shared: kind === 'blobs' ? shared : 0,
  }));
  return { kinds, bytes: kinds.reduce((sum, kind) => sum + kind.bytes, 0), shared, unread };
}

async function bytesOfImages(store: Store): Promise<number> {
  const used = await openLocalStore(store.ociDir, store.blobs).usedBlobs();
  let bytes = 0;
  for await (const { digest, size } of store.blobs.list()) if (used.has(digest)) bytes += size;
  return bytes;
}

async function countKinds({ home, blobs, layers }: Store): Promise<Map<KindUsage['kind'], number>> {
  let blobCount = 0;
  for await (const _ of blobs.list()) blobCount++;
  return new Map([
    ['layers', (await layers.list()).length],
    ['blobs', blobCount],
    ['database', 1],
    ['mounts', (await namesIn(join(home, 'mounts'))).filter(isMount).length],
    ['git', (await namesIn(join(home, 'git'))).filter((name) => !name.endsWith('.lock')).length],
    ['logs', (await namesIn(join(home, 'logs'))).length],
    ['builds', (await namesIn(join(home, 'builds'))).length],
    ['tmp', Math.max(0, (await namesIn(join(home, 'tmp'))).length - 1)],
  ] as const);
}

/** A cache mount, and not what says who uses it. */
function isMount(name: string): boolean {
  return /^[0-9a-f]{64}(?:\.\d+)?$/.test(name);
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
