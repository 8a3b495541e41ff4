// Leases: which processes use the store now. A lease is a file that names a process and a folder
// for that process's temporaries; it is live as long as that very process (pid and start time, in
// this boot and pid namespace) runs. Garbage is swept only while no other lease is live, and a build that starts while
// a sweep runs waits for it: each side writes its own mark first and then looks for the other's, so
// at least one of two that meet sees the other.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryName } from '../core/atomic-file.ts';
import { BuildError, errnoOf } from '../core/errors.ts';
import { removeFile } from '../core/remove-file.ts';
import { fullHint, isFull } from '../core/room-hint.ts';

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
    writeFileSync(file, identity(process.pid), { flag: 'wx' });
    mkdirSync(tmp, { recursive: true });
  } catch (error) {
    removeFile(file);
    throw error;
  }
  while (isLive(join(home, 'leases', SWEEP_MARK))) await sleep(20);
  return {
    tmp,
    async release() {
      // Mostly there is nothing in it. Node's rm would be one more part of Node to load.
      if (!isRemoved(() => rmdirSync(tmp))) await removeQuietly(tmp);
      removeFile(file);
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
    writeFileSync(mark, identity(process.pid), { flag: 'wx' });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') {
      // On a full disk the mark may be there without its text.
      removeFile(mark);
      throw isFull(error) ? noRoomToSweep(home, error) : error;
    }
    if (isLive(mark)) return false;
    removeFile(mark);
    return whileAlone(home, own, sweep);
  }
  try {
    const { live } = lookAtLeases(home);
    if ([...live].some((name) => join(home, 'tmp', name) !== own.tmp)) return false;
    await sweep();
    return true;
  } finally {
    removeFile(mark);
  }
}

function noRoomToSweep(home: string, cause: unknown): BuildError {
  return new BuildError('E_STORE_UNUSABLE', `the store at ${home} has no room to be swept in`, {
    cause,
    hint: fullHint(home),
  });
}

/** Which processes used the store besides this one. */
export interface OtherUsers {
  readonly areLive: boolean;
  /** One of them has ended in this boot without a word: it was killed, or it crashed. */
  readonly haveCrashed: boolean;
}

/** Removes what dead processes left, as far as this user may; the runner removes the rest. */
export async function sweepTemporaries(home: string): Promise<OtherUsers> {
  const { paths, live, haveCrashed } = findStale(home);
  for (const path of paths) await removeQuietly(path);
  return { areLive: live > 1, haveCrashed };
}

/** Folders of temporaries whose process is gone; their lease files are removed. Call with a lease taken. */
export function staleTemporaries(home: string): string[] {
  return findStale(home).paths;
}

interface Stale {
  readonly paths: string[];
  readonly live: number;
  readonly haveCrashed: boolean;
}

function findStale(home: string): Stale {
  // The folders first: each of them had its lease before it was made.
  const names = readdirSync(join(home, 'tmp'));
  const { live, haveCrashed } = lookAtLeases(home);
  const paths = names.filter((name) => !live.has(name)).map((name) => join(home, 'tmp', name));
  return { paths, live: live.size, haveCrashed };
}

/** Names of the live leases; files of dead ones are removed on the way. */
function lookAtLeases(home: string): { live: Set<string>; haveCrashed: boolean } {
  const folder = join(home, 'leases');
  const live = new Set<string>();
  let haveCrashed = false;
  for (const name of readdirSync(folder)) {
    if (name === SWEEP_MARK) continue;
    const state = stateOf(join(folder, name));
    if (state === 'live') live.add(name);
    else removeFile(join(folder, name));
    haveCrashed ||= state === 'crashed';
  }
  return { live, haveCrashed };
}

function isLive(file: string): boolean {
  return stateOf(file) === 'live';
}

/** `crashed` is a process of this boot that has ended; of other boots, and of what is half written, nothing is known. */
function stateOf(file: string): 'live' | 'crashed' | 'gone' {
  let written: string;
  let age: number;
  try {
    written = readFileSync(file, 'utf8');
    age = Date.now() - statSync(file).mtimeMs;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'gone';
    throw error;
  }
  const [pid = '', , ...world] = written.split(' ');
  // A file that is still empty is being written at this moment, or its process died at that.
  if (pid === '') {
    return age < (nameOfGone(file) ? UNSEEN_WRITING_MS : WRITING_MS) ? 'live' : 'gone';
  }
  const ours = identity(Number(pid));
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
function identity(pid: number): string {
  const boot = textOr('', () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const namespace = textOr('', () => readlinkSync('/proc/self/ns/pid'));
  const status = textOr('', () => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // Field 22 counts from after the command name, which may itself hold spaces and parentheses.
  const started = status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? 'gone';
  return `${pid} ${started} ${boot.trim()} ${namespace}`;
}

function textOr(otherwise: string, read: () => string): string {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function isRemoved(remove: () => void): boolean {
  try {
    remove();
    return true;
  } catch {
    return false;
  }
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    // Files of a sub-id, made in a user namespace: only the runner can remove those.
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes(errnoOf(error) ?? '')) throw error;
  }
}
