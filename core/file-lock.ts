// A lock between processes that needs no daemon and survives the death of its holder: Lamport's
// bakery, with files as tickets. Each ticket has a name of its own that says which process holds
// it, so that removing a dead process's ticket can never remove a live one (the race that a single
// lock file cannot get rid of without flock(2), which Node does not offer).
// https://lamport.azurewebsites.net/pubs/bakery.pdf

import { mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryName } from './atomic-file.ts';
import { errnoOf } from './errors.ts';

const POLL_MS = 5;
/** After this a ticket of a process that cannot be seen from here (another pid namespace or boot) is dead. */
const FOREIGN_MS = 30_000;

/**
 * Runs `work` while no other process (and no other caller here) holds the lock of the folder `path`,
 * which is made where it is not there. The work must be short: waiters poll.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(path, { recursive: true });
  const owner = await ownIdentity();
  const choosing = join(path, ticketName('choosing', owner));
  await writeFile(choosing, '', { flag: 'wx' });
  let ticket: string | undefined;
  try {
    const taken = await liveTickets(path, owner);
    const number = 1 + Math.max(0, ...taken.map((other) => other.number));
    ticket = ticketName(String(number).padStart(12, '0'), owner);
    await writeFile(join(path, ticket), '', { flag: 'wx' });
    await rm(choosing, { force: true });
    await waitForTurn(path, ticket, owner);
    return await work();
  } finally {
    await rm(choosing, { force: true });
    if (ticket !== undefined) await rm(join(path, ticket), { force: true });
  }
}

interface Identity {
  readonly pid: string;
  readonly started: string;
  /** The boot and the pid namespace in which `pid` means something. */
  readonly world: string;
}

interface Ticket {
  readonly name: string;
  /** -1 while its owner still chooses. */
  readonly number: number;
}

/** Our turn is when nobody chooses and every live ticket sorts after ours. */
async function waitForTurn(path: string, ticket: string, owner: Identity): Promise<void> {
  for (;;) {
    const others = await liveTickets(path, owner);
    if (others.every(({ name, number }) => number !== -1 && name >= ticket)) return;
    await sleep(POLL_MS);
  }
}

async function liveTickets(path: string, owner: Identity): Promise<Ticket[]> {
  const live: Ticket[] = [];
  for (const name of await readdir(path)) {
    const [place = '', pid = '', started = '', world = ''] = name.split('_');
    if (world === '') continue;
    if (await isLive(join(path, name), { pid, started, world }, owner)) {
      live.push({ name, number: place === 'choosing' ? -1 : Number(place) });
    } else await rm(join(path, name), { force: true });
  }
  return live;
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

function ticketName(place: string, { pid, started, world }: Identity): string {
  return [place, pid, started, world, temporaryName('t').split('-').at(-1)].join('_');
}

async function ownIdentity(): Promise<Identity> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  const world = `${boot.trim()}.${namespace.replace(/\D/g, '')}`;
  return { pid: String(process.pid), started: await startTime(String(process.pid)), world };
}

/** When a process started, in clock ticks since boot; `gone` where there is none. With the pid it names one process. */
async function startTime(pid: string): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Field 22 counts from after the command name, which may itself hold spaces and parentheses.
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? 'gone';
}
