// What of the fetched files and repositories a prune takes out. All of it can be had again from where it
// came; what was used lately spares that.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { errnoOf } from '../../core/errors.ts';
import { decodeDownload } from './http/download-table.ts';

export interface KeptRemote {
  /** Blobs of downloads that stay. */
  readonly blobs: ReadonlySet<Digest>;
  /** Folders of repositories that go. */
  readonly repositories: readonly string[];
}

/** Forgets downloads that were not used for `olderThanMs` (undefined: all), but not in a dry run, and says what stays. */
export async function pruneRemote(
  store: Pick<Store, 'home' | 'downloads'>,
  { olderThanMs, dryRun }: { readonly olderThanMs?: number | undefined; readonly dryRun: boolean },
): Promise<KeptRemote> {
  const isOld = (used: number): boolean =>
    olderThanMs === undefined || Date.now() - used > olderThanMs;
  const blobs = new Set<Digest>();
  for (const { key, value } of store.downloads.entries()) {
    const download = decodeDownload(value);
    if (download !== undefined && !isOld(download.used)) blobs.add(download.digest);
    else if (!dryRun) store.downloads.delete(key);
  }
  const root = join(store.home, 'git');
  const repositories: string[] = [];
  for (const name of await readdir(root).catch(emptyWhereAbsent)) {
    const path = join(root, name);
    // A repository is locked while it is used: its lock's time is when that was.
    const lock = name.endsWith('.lock') ? path : `${path}.lock`;
    const used = await stat(lock).catch(() => undefined);
    if (used === undefined || isOld(used.mtimeMs)) repositories.push(path);
  }
  return { blobs, repositories };
}

function emptyWhereAbsent(error: unknown): string[] {
  if (errnoOf(error) === 'ENOENT') return [];
  throw error;
}
