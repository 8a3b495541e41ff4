// Leases: which processes use the store now. A lease is a file that names a process and a folder
// for that process's temporaries; it is live as long as that very process (pid and start time, in
// this boot and pid namespace) runs. Garbage is swept only while no other lease is live, and a build that starts while
// a sweep runs waits for it: each side writes its own mark first and then looks for the other's, so
// at least one of two that meet sees the other.

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryName } from '../core/atomic-file.ts';
import { errnoOf } from '../core/errors.ts';

export interface Lease {
  /** A folder for this process's temporaries, on the store's file system. */
  readonly tmp: string;
  /** Ends the lease. The temporaries that can be removed are; the rest is left to a later sweep. */
  release(): Promise<void>;
}

const SWEEP_MARK = 'sweep';

/** Longer than it takes to write a few bytes. */
const WRITING_MS = 10_000;

/** The same for a process that cannot be seen from here: most likely it is dead. */
const UNSEEN_WRITING_MS = 50;
/** For so long a lease of another container counts as live: longer than a build takes. */
const FOREIGN_MS = 6 * 3_600_000;

/** Takes a lease in the store at `home`, waiting for a sweep that is under way. */
export async function takeLease(home: string): Promise<Lease> {
  const name = temporaryName('lease').slice(1);
  const file = join(home, 'leases', name);
  const tmp = join(home, 'tmp', name);
  // The lease first: a folder without one is swept.
  try {
    await writeFile(file, await identity(process.pid), { flag: 'wx' });
    await mkdir(tmp, { recursive: true });
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  while (await isLive(join(home, 'leases', SWEEP_MARK))) await sleep(20);
  return {
    tmp,
    async release() {
      await removeQuietly(tmp);
      await rm(file, { force: true });
    },
  };
}

/**
 * Runs `sweep` with no other lease live, and returns true; returns false, having run nothing, where
 * there is one. `own` is the caller's lease.
 */
export async function whileAlone(
  home: string,
  own: Lease,
  sweep: () => Promise<void>,
): Promise<boolean> {
  const mark = join(home, 'leases', SWEEP_MARK);
  try {
    await writeFile(mark, await identity(process.pid), { flag: 'wx' });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') {
      // On a full disk the mark may be there without its text.
      await rm(mark, { force: true });
      throw error;
    }
    if (await isLive(mark)) return false;
    await rm(mark, { force: true });
    return whileAlone(home, own, sweep);
  }
  try {
    const { live } = await lookAtLeases(home);
    if ([...live].some((name) => join(home, 'tmp', name) !== own.tmp)) return false;
    await sweep();
    return true;
  } finally {
    await rm(mark, { force: true });
  }
}

/** Which processes used the store besides this one. */
export interface OtherUsers {
  readonly areLive: boolean;
  /** One of them has ended in this boot without a word: it was killed, or it crashed. */
  readonly haveCrashed: boolean;
}

/** Removes what dead processes left, as far as this user may; the runner removes the rest. */
export async function sweepTemporaries(home: string): Promise<OtherUsers> {
  const { paths, live, haveCrashed } = await findStale(home);
  for (const path of paths) await removeQuietly(path);
  return { areLive: live > 1, haveCrashed };
}

/** Folders of temporaries whose process is gone; their lease files are removed. Call with a lease taken. */
export async function staleTemporaries(home: string): Promise<string[]> {
  return (await findStale(home)).paths;
}

interface Stale {
  readonly paths: string[];
  readonly live: number;
  readonly haveCrashed: boolean;
}

async function findStale(home: string): Promise<Stale> {
  // The folders first: each of them had its lease before it was made.
  const names = await readdir(join(home, 'tmp'));
  const { live, haveCrashed } = await lookAtLeases(home);
  const paths = names.filter((name) => !live.has(name)).map((name) => join(home, 'tmp', name));
  return { paths, live: live.size, haveCrashed };
}

/** Names of the live leases; files of dead ones are removed on the way. */
async function lookAtLeases(home: string): Promise<{ live: Set<string>; haveCrashed: boolean }> {
  const folder = join(home, 'leases');
  const live = new Set<string>();
  let haveCrashed = false;
  for (const name of await readdir(folder)) {
    if (name === SWEEP_MARK) continue;
    const state = await stateOf(join(folder, name));
    if (state === 'live') live.add(name);
    else await rm(join(folder, name), { force: true });
    haveCrashed ||= state === 'crashed';
  }
  return { live, haveCrashed };
}

async function isLive(file: string): Promise<boolean> {
  return (await stateOf(file)) === 'live';
}

/** `crashed` is a process of this boot that has ended; of other boots, and of what is half written, nothing is known. */
async function stateOf(file: string): Promise<'live' | 'crashed' | 'gone'> {
  let written: string;
  let age: number;
  try {
    written = await readFile(file, 'utf8');
    age = Date.now() - (await stat(file)).mtimeMs;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'gone';
    throw error;
  }
  const [pid = '', , ...world] = written.split(' ');
  // A file that is still empty is being written at this moment, or its process died at that.
  if (pid === '') {
    return age < (nameOfGone(file) ? UNSEEN_WRITING_MS : WRITING_MS) ? 'live' : 'gone';
  }
  const ours = await identity(Number(pid));
  if (written === ours) return 'live';
  const [boot, namespace] = world;
  const [, , ourBoot, ourNamespace] = ours.split(' ');
  // A process of another container on this machine cannot be seen from here.
  if (boot !== ourBoot) return 'gone';
  if (namespace === ourNamespace) return 'crashed';
  return age < FOREIGN_MS ? 'live' : 'gone';
}

/** True where the lease's name has a pid that nobody here has: it died, or it is another container's. */
function nameOfGone(file: string): boolean {
  const pid = /lease-(\d+)-[0-9a-f]+$/.exec(file)?.[1];
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}

/** `pid start-time boot-id pid-namespace`; a process that is gone has the start time `gone`. */
async function identity(pid: number): Promise<string> {
  const [boot, namespace, status] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
  ]);
  // Field 22 counts from after the command name, which may itself hold spaces and parentheses.
  const started = status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? 'gone';
  return `${pid} ${started} ${boot.trim()} ${namespace}`;
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    // Files of a sub-id, made in a user namespace: only the runner can remove those.
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes(errnoOf(error) ?? '')) throw error;
  }
}
