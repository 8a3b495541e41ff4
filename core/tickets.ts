// Files in a folder that say which processes hold something: a lock, or the use of a cache. Each has a
// name of its own with the process in it, so that removing a dead process's ticket can never remove a
// live one. A process that died holds nothing: its tickets are removed by whoever looks next.

import { readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryName } from './atomic-file.ts';
import { errnoOf } from './errors.ts';

/** After this a ticket of a process that cannot be seen from here (another pid namespace or boot) is dead. */
export const FOREIGN_MS = 30_000;

export interface Identity {
  readonly pid: string;
  readonly started: string;
  /** The boot and the pid namespace in which `pid` means something. */
  readonly world: string;
}

export interface Ticket {
  /** The file. */
  readonly name: string;
  /** What is held: the first part of the name, free of `_`. */
  readonly what: string;
}

/** The tickets in `folder` whose processes live; those of others are removed. */
export async function liveTickets(folder: string, owner: Identity): Promise<Ticket[]> {
  const live: Ticket[] = [];
  for (const name of await readdir(folder)) {
    const [what = '', pid = '', started = '', world = ''] = name.split('_');
    if (world === '') continue;
    if (await isLive(join(folder, name), { pid, started, world }, owner)) live.push({ name, what });
    else await rm(join(folder, name), { force: true });
  }
  return live;
}

/** A new name for a ticket of this process. */
export function ticketName(what: string, { pid, started, world }: Identity): string {
  return [what, pid, started, world, temporaryName('t').split('-').at(-1)].join('_');
}

/** This process, told from all others, in this boot and in others. */
export async function ownIdentity(): Promise<Identity> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  const world = `${boot.trim()}.${namespace.replace(/\D/g, '')}`;
  return { pid: String(process.pid), started: await startTime(String(process.pid)), world };
}

async function isLive(file: string, holder: Identity, owner: Identity): Promise<boolean> {
  if (holder.world === owner.world) return (await startTime(holder.pid)) === holder.started;
  try {
    return (await stat(file)).mtimeMs > Date.now() - FOREIGN_MS;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** When a process started, in clock ticks since boot; `gone` where there is none. With the pid it names one process. */
async function startTime(pid: string): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Field 22 counts from after the command name, which may itself hold spaces and parentheses.
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? 'gone';
}
