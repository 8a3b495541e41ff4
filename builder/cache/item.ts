// The things that a prune or the cap takes out of the store, of whatever kind: records of steps, cache mounts,
// downloads and git repositories, in one form, so that one order and one filter hold for all of them.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskCounter } from '../../cache/disk-usage.ts';
import type { CacheRecord } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { type Digest, parseDigest, sha256 } from '../../core/digest.ts';
import { errnoOf } from '../../core/errors.ts';
import { decodeDownload } from '../remote/http/download-table.ts';
import { countUsers, type ListedRecord, listed } from './list.ts';
import type { Stock } from './stock.ts';

export interface Item extends ListedRecord {
  readonly record?: CacheRecord;
  /** Layers and blobs on disk that stay as long as some item needs them. */
  readonly layers: readonly Digest[];
  readonly blobs: readonly Digest[];
  /** Folders of its own, the first of which it is measured by. */
  readonly folders: readonly string[];
  /** Bytes of disk of those. */
  readonly ownBytes: number;
  /** Takes it out of the database, so that no build finds it any more. */
  forget(): void;
}

/** Everything that can be taken out of the store. */
export async function allItems(store: Store, stock: Stock): Promise<Item[]> {
  return [
    ...recordItems(store, stock),
    ...downloadItems(store, stock),
    ...(await folderItems(join(store.home, 'git'), 'repository', '.lock')),
    ...(await folderItems(join(store.home, 'mounts'), 'mount', '.users')),
  ];
}

function recordItems(store: Store, stock: Stock): Item[] {
  const users = countUsers(stock);
  return stock.records.map((record) => ({
    ...listed(stock, users, record),
    record,
    layers: stock.needs.get(record)?.layers ?? [],
    blobs: stock.needs.get(record)?.blobs ?? [],
    folders: [],
    ownBytes: 0,
    forget: () => store.records.delete(record.key),
  }));
}

function downloadItems({ downloads }: Store, { blobs }: Stock): Item[] {
  const items: Item[] = [];
  for (const { key, value } of downloads.entries()) {
    const download = decodeDownload(value);
    const size = download === undefined ? 0 : (blobs.get(download.digest) ?? 0);
    items.push({
      ...plain(
        parseDigest(`sha256:${Buffer.from(key).toString('hex')}`) ?? sha256(key),
        'download',
      ),
      ...times(download?.used ?? 0),
      size,
      blobs: download !== undefined && blobs.has(download.digest) ? [download.digest] : [],
      forget: () => downloads.delete(key),
    });
  }
  return items;
}

/** The folders in `root`; when one was used is the time of what has its name and `mark` behind it. */
async function folderItems(root: string, kind: string, mark: string): Promise<Item[]> {
  const items: Item[] = [];
  const names = await readdir(root).catch(emptyWhereAbsent);
  for (const name of names) {
    if (/\.(?:lock|users)$/.test(name)) continue;
    const path = join(root, name);
    const used = await stat(`${path}${mark}`).catch(() => undefined);
    const { bytes } = await new DiskCounter().count(path);
    items.push({
      ...plain(parseDigest(`sha256:${name}`) ?? sha256(name), kind),
      ...times(used?.mtimeMs ?? 0),
      size: bytes,
      ownBytes: bytes,
      folders: [path, `${path}${mark}`],
    });
  }
  return items;
}

function plain(key: Digest, kind: string): Item {
  const none = { layers: [], blobs: [], folders: [], ownBytes: 0, forget: () => {} };
  return { key, kind, step: kind, ...times(0), ms: 0, size: 0, shared: 0, ...none };
}

function times(used: number): Pick<Item, 'created' | 'lastUsed'> {
  return { created: used, lastUsed: used };
}

function emptyWhereAbsent(error: unknown): string[] {
  if (errnoOf(error) === 'ENOENT') return [];
  throw error;
}
