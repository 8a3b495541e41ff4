// Chooses the rung of the isolation ladder: root where there is a root that may mount, else rootless
// with the user's sub-ids, else the user's one id; for a root without namespaces a changed root. Whether it
// really works here, the runner's probe says.

import { readFileSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { LayerForm } from '../../cache/layer-folders.ts';
import { BuildError, isBuildError } from '../../core/errors.ts';
import { probe } from './probe.ts';
import { HELPER_PATH, type IdRange, type Isolation } from './runner.ts';

const CAP_SYS_CHROOT = 18n;
const CAP_SYS_ADMIN = 21n;

/** Where useradd begins with sub-ids (SUB_UID_MIN in login.defs(5)). */
const FIRST_SUB_ID = 100_000;

/** Returns the rung to use. Throws E_ISOLATION, saying what is missing and how to get it. */
export async function chooseIsolation(
  wanted: 'auto' | Isolation['rung'],
  signal: AbortSignal,
): Promise<Isolation> {
  switch (wanted) {
    case 'root':
      return root(signal);
    case 'rootless':
      return rootless(signal);
    case 'single-id':
      return singleId('asked for', signal);
    case 'chroot':
      return changedRoot('asked for', signal);
    case 'auto':
      return (process.getuid?.() ?? -1) === 0 ? bestForRoot(signal) : bestForUser(signal);
  }
}

/** In a container root is often one without the right to mount, and whether it may make user namespaces only a trial shows. */
async function bestForRoot(signal: AbortSignal): Promise<Isolation> {
  if (hasCapability(CAP_SYS_ADMIN)) return root(signal);
  const isolation = await bestForUser(signal);
  const { features } = await probe(isolation, tmpdir());
  const failed = Object.entries(features).find(([, { ok }]) => !ok);
  if (failed === undefined || !hasCapability(CAP_SYS_CHROOT)) return isolation;
  const [what, { message }] = failed;
  return changedRoot(`no namespaces here (${what}: ${message ?? 'not available'})`, signal);
}

async function bestForUser(signal: AbortSignal): Promise<Isolation> {
  try {
    return await rootless(signal);
  } catch (error) {
    if (!isBuildError(error)) throw error;
    return singleId(error.message, signal);
  }
}

function root(signal: AbortSignal): Isolation {
  if (process.getuid?.() === 0 && hasCapability(CAP_SYS_ADMIN)) {
    return { rung: 'root', why: 'running as root', uids: [], gids: [], signal };
  }
  throw new BuildError('E_ISOLATION', 'isolation "root" needs root with CAP_SYS_ADMIN', {
    hint: 'run as root, or use --isolation=rootless',
  });
}

/** A root who may change the root of a process, and needs nothing else. */
function changedRoot(why: string, signal: AbortSignal): Isolation {
  if (process.getuid?.() === 0 && hasCapability(CAP_SYS_CHROOT)) {
    return { rung: 'chroot', why, uids: [], gids: [], signal };
  }
  throw new BuildError('E_ISOLATION', 'isolation "chroot" needs root with CAP_SYS_CHROOT', {
    hint: 'run as root of the container, and let its runtime leave that capability to it',
  });
}

/** The form in which a rung has layers on disk. */
export function layerForm({ rung }: Pick<Isolation, 'rung'>): LayerForm {
  return rung === 'single-id' ? 'fs-recorded' : rung === 'chroot' ? 'fs-contents' : 'fs';
}

async function rootless(signal: AbortSignal): Promise<Isolation> {
  const uids = await idMap('/etc/subuid', process.getuid?.() ?? -1);
  const gids = await idMap('/etc/subgid', process.getgid?.() ?? -1);
  for (const program of ['newuidmap', 'newgidmap']) {
    if (await isOnPath(program)) continue;
    throw new BuildError('E_ISOLATION', `${program} is not installed`, {
      hint: 'install newuidmap and newgidmap (package uidmap or shadow-utils)',
    });
  }
  return { rung: 'rootless', why: 'an ordinary user with sub-ids', uids, gids, signal };
}

/** The user's own id as 0, and no other: what needs no help from root. */
function singleId(why: string, signal: AbortSignal): Isolation {
  const only = (id: number | undefined) => [{ inside: 0, outside: id ?? -1, count: 1 }];
  const [uids, gids] = [only(process.geteuid?.()), only(process.getegid?.())];
  return { rung: 'single-id', why, uids, gids, signal };
}

async function isOnPath(program: string): Promise<boolean> {
  for (const folder of HELPER_PATH) {
    const there = await access(join(folder, program)).then(
      () => true,
      () => false,
    );
    if (there) return true;
  }
  return false;
}

/** One's own id as 0, and the sub-ids from 1 on: what every rootless tool maps. */
async function idMap(file: string, own: number): Promise<IdRange[]> {
  const { username, uid } = userInfo();
  const text = await readFile(file, 'utf8').catch(() => '');
  const range = text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === username || name === String(uid));
  const [start, count] = [Number(range?.[1]), Number(range?.[2])];
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(count) || count < 1) {
    throw new BuildError('E_ISOLATION', `${username} has no sub-ids in ${file}`, {
      hint: await addingIds(username),
    });
  }
  return [
    { inside: 0, outside: own, count: 1 },
    { inside: 1, outside: start, count },
  ];
}

/** How root gives the user sub-ids: a range that neither file gives to anybody else. */
async function addingIds(username: string): Promise<string> {
  let first = FIRST_SUB_ID;
  for (const file of ['/etc/subuid', '/etc/subgid']) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const [, start, count] = line.split(':').map(Number);
      if (start !== undefined && count !== undefined) first = Math.max(first, start + count || 0);
    }
  }
  const range = `${first}-${first + 65_535}`;
  return `as root: usermod --add-subuids ${range} --add-subgids ${range} ${username}`;
}

function hasCapability(capability: bigint): boolean {
  const status = statusOfProcess();
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> capability) & 1n) === 1n;
}

function statusOfProcess(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
