// The records of the cache as people list them: what each one is, and what it takes on disk.

import type { CacheRecord } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { type Stock, takeStock } from './stock.ts';

export interface ListedRecord {
  readonly key: Digest;
  readonly kind: string;
  readonly step: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly lastUsed: number;
  /** How long the step took, in milliseconds. */
  readonly ms: number;
  /** Bytes of disk that the record's layers take, unpacked and compressed. */
  readonly size: number;
  /** Those of them that another record or an image needs too. */
  readonly shared: number;
}

/** The records of the store, newest first. */
export async function listRecords(store: Store): Promise<ListedRecord[]> {
  const stock = await takeStock(store);
  const users = countUsers(stock);
  return stock.records
    .map((record) => listed(stock, users, record))
    .sort((a, b) => b.created - a.created);
}

/** How many records need each layer and blob. */
export function countUsers({ needs }: Stock): ReadonlyMap<Digest, number> {
  const users = new Map<Digest, number>();
  for (const { layers, blobs } of needs.values()) {
    for (const digest of [...layers, ...blobs]) users.set(digest, (users.get(digest) ?? 0) + 1);
  }
  return users;
}

/** A record as it is listed; `users` is what `countUsers` says of the same stock. */
export function listed(
  { needs, layers, blobs, imageBlobs }: Stock,
  users: ReadonlyMap<Digest, number>,
  record: CacheRecord,
): ListedRecord {
  const own = needs.get(record);
  let [size, shared] = [0, 0];
  const add = (digest: Digest, bytes: number, isShared: boolean): void => {
    size += bytes;
    if (isShared || (users.get(digest) ?? 0) > 1) shared += bytes;
  };
  for (const layer of own?.layers ?? []) add(layer, layers.get(layer) ?? 0, false);
  for (const blob of own?.blobs ?? []) add(blob, blobs.get(blob) ?? 0, imageBlobs.has(blob));
  const { key, kind, step, created, used, ms } = record;
  return { key, kind, step, created, lastUsed: used, ms, size, shared };
}
