// The cache mounts of the store as people list them, and taking them out of it. A mount that a step has is let be.

import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listCaches, type MountFolder, whileCacheIsFree } from '../../cache/cache-mounts.ts';
import { DiskCounter } from '../../cache/disk-usage.ts';
import { readAbout } from '../../cache/mount-about.ts';
import type { Store } from '../../cache/store.ts';
import { hexOf } from '../../core/digest.ts';
import { BuildError, errnoOf } from '../../core/errors.ts';
import { chooseIsolation } from '../exec/isolation.ts';
import { removeAll } from '../exec/sandbox.ts';

export interface ListedMount extends MountFolder {
  /** As `id=` has it, `NAMESPACE/` before it where there is one; undefined of a mount that an older slipway made. */
  readonly id: string | undefined;
  /** What it begins with: the source's content and the owner; '' is nothing, owned by root. */
  readonly begin: string;
  /** Bytes of disk. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly lastUsed: number;
  /** How many steps have it now. */
  readonly users: number;
}

/** The mounts of the store, one for each folder: steps that must not share one have several of a name. */
export async function listMounts({ home }: Pick<Store, 'home'>): Promise<ListedMount[]> {
  const folders = await listCaches(join(home, 'mounts'));
  return Promise.all(
    folders.map(async (mount) => {
      const container = join(mount.root, mount.folder);
      const about = await readAbout(container, mount.name);
      const used = await stat(`${container}.users`).catch(() => undefined);
      const { bytes } = await new DiskCounter().count(container);
      return {
        ...mount,
        id: about?.id.replace('\0', '/'),
        begin: about?.begin ?? '',
        size: bytes,
        lastUsed: used?.mtimeMs ?? 0,
      };
    }),
  );
}

/**
 * The mounts that `word` names: by their id, or by the first digits of their folder's name. Throws E_CACHE_MOUNT where
 * there is none, E_USAGE where the digits are those of several.
 */
export function findMounts(mounts: readonly ListedMount[], word: string): readonly ListedMount[] {
  const called = mounts.filter(({ id }) => id === word);
  if (called.length > 0) return called;
  const found = mounts.filter(({ name }) => word !== '' && hexOf(name).startsWith(word));
  if (new Set(found.map(({ name }) => name)).size > 1) {
    throw new BuildError('E_USAGE', `several cache mounts have a name that begins with ${word}`, {
      hint: 'give more of its digits; slipway cache mounts ls lists them',
    });
  }
  if (found.length > 0) return found;
  throw new BuildError('E_CACHE_MOUNT', `there is no cache mount ${JSON.stringify(word)}`, {
    hint: 'slipway cache mounts ls lists them',
  });
}

export interface RemovedMounts {
  readonly removed: readonly ListedMount[];
  /** Let be, since a step has them. */
  readonly inUse: readonly ListedMount[];
}

/** Removes mounts, all folders of a name or none. */
export async function removeMounts(
  store: Store,
  mounts: readonly ListedMount[],
  signal: AbortSignal,
): Promise<RemovedMounts> {
  const removed: ListedMount[] = [];
  const inUse: ListedMount[] = [];
  const gone: string[] = [];
  for (const name of new Set(mounts.map((mount) => mount.name))) {
    const ofName = mounts.filter((mount) => mount.name === name);
    const isGone = await whileCacheIsFree(join(store.home, 'mounts'), name, async (folders) => {
      // Out of the way by a rename: whoever takes the cache from now on begins a new one.
      for (const [i, folder] of folders.entries()) {
        const aside = join(store.lease.tmp, `${hexOf(name)}.${i}`);
        if (await renamed(folder, aside)) gone.push(aside);
        await rm(`${folder}.users`, { recursive: true, force: true });
      }
    });
    (isGone ? removed : inUse).push(...ofName);
  }
  if (gone.length > 0) await removeAll(await chooseIsolation('auto', signal), gone);
  return { removed, inUse };
}

/** False where nothing is there. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
