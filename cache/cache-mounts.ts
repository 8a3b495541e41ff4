// The folders of cache mounts: `mounts/<digest of what names the cache>`, and `.1`, `.2` beside it where
// several steps must not share one. Who uses which is told by tickets in `<folder>.users`, so that a build
// in another process is seen, and one that died is not.

import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Digest, hexOf, parseDigest } from '../core/digest.ts';
import { errnoOf } from '../core/errors.ts';
import { withFileLock } from '../core/file-lock.ts';
import { FOREIGN_MS, liveTickets, ownIdentity, ticketName } from '../core/tickets.ts';

/** As the reference has it: `private` takes another folder where one is in use, `locked` waits for it. */
export type Sharing = 'shared' | 'private' | 'locked';

export interface UsedCache {
  /** What holds the cache's folders, one for each form of layers. */
  readonly container: string;
  release(): Promise<void>;
}

const POLL_MS = 50;

/**
 * Takes a folder of the cache `name` below `root` for one step, and holds it until it is released. Nothing is
 * made there. Rejects with the signal's reason where it aborts while another has a locked one.
 */
export async function useCache(
  root: string,
  name: Digest,
  sharing: Sharing,
  signal: AbortSignal,
): Promise<UsedCache> {
  const first = join(root, hexOf(name));
  for (;;) {
    signal.throwIfAborted();
    const taken = await withFileLock(`${first}.lock`, () => take(root, hexOf(name), sharing));
    if (taken !== undefined) return taken;
    await sleep(POLL_MS);
  }
}

/** Takes one folder of a cache, whatever else the cache has, for itself alone; waits as `useCache` does. */
export async function useCacheAlone(
  { root, name, folder }: MountFolder,
  signal: AbortSignal,
): Promise<UsedCache> {
  const container = join(root, folder);
  for (;;) {
    signal.throwIfAborted();
    const taken = await withFileLock(join(root, `${hexOf(name)}.lock`), async () =>
      (await usersOf(container)).length === 0 ? hold(container, 'locked') : undefined,
    );
    if (taken !== undefined) return taken;
    await sleep(POLL_MS);
  }
}

/** Does `work`, which must be short, while no step has or can take any folder of the cache; false where one has. */
export async function whileCacheIsFree(
  root: string,
  name: Digest,
  work: (folders: readonly string[]) => Promise<void>,
): Promise<boolean> {
  return withFileLock(join(root, `${hexOf(name)}.lock`), async () => {
    const there = await instances(root, hexOf(name));
    for (const container of there) if ((await usersOf(container)).length > 0) return false;
    await work(there);
    return true;
  });
}

/** One folder of a cache: `<digest>`, `<digest>.1`. */
export interface MountFolder {
  /** The folder of all caches. */
  readonly root: string;
  readonly name: Digest;
  readonly folder: string;
}

/** The folders of all caches below `root`, and how many steps use each one now. */
export async function listCaches(
  root: string,
): Promise<readonly (MountFolder & { readonly users: number })[]> {
  const found: (MountFolder & { readonly users: number })[] = [];
  for (const folder of (await readdir(root)).sort()) {
    const name =
      /^[0-9a-f]{64}(?:\.\d+)?$/.test(folder) && parseDigest(`sha256:${folder.slice(0, 64)}`);
    if (name) found.push({ root, name, folder, users: (await usersOf(join(root, folder))).length });
  }
  return found;
}

/** Undefined where there is none to be had now. Runs under the cache's lock. */
async function take(root: string, name: string, sharing: Sharing): Promise<UsedCache | undefined> {
  const there = await instances(root, name);
  for (const container of there) {
    const users = await usersOf(container);
    const isFree = sharing === 'shared' ? !users.includes('exclusive') : users.length === 0;
    if (isFree) return hold(container, sharing);
  }
  if (sharing === 'locked' && there.length > 0) return undefined;
  return hold(join(root, there.length === 0 ? name : `${name}.${there.length}`), sharing);
}

/** The cache's folders that are there or in use, the first one first. */
async function instances(root: string, name: string): Promise<string[]> {
  const names = new Set((await readdir(root)).map((other) => other.replace(/\.users$/, '')));
  const found: string[] = [];
  for (let at = name; names.has(at); at = `${name}.${found.length}`) found.push(join(root, at));
  return found;
}

async function usersOf(container: string): Promise<string[]> {
  const tickets = await liveTickets(`${container}.users`, await ownIdentity()).catch(
    (error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    },
  );
  return tickets.map(({ what }) => what);
}

async function hold(container: string, sharing: Sharing): Promise<UsedCache> {
  const folder = `${container}.users`;
  const what = sharing === 'shared' ? 'shared' : 'exclusive';
  const ticket = join(folder, ticketName(what, await ownIdentity()));
  await mkdir(folder, { recursive: true });
  await writeFile(ticket, '', { flag: 'wx' });
  // Whoever cannot see this process goes by the ticket's age.
  const beat = setInterval(() => {
    const now = new Date();
    utimes(ticket, now, now).catch(() => {});
  }, FOREIGN_MS / 3).unref();
  return {
    container,
    async release() {
      clearInterval(beat);
      await rm(ticket, { force: true });
    },
  };
}
