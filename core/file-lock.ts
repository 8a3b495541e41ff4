// A lock between processes that needs no daemon and survives the death of its holder: Lamport's
// bakery, with files as tickets. Each ticket has a name of its own that says which process holds
// it, so that removing a dead process's ticket can never remove a live one (the race that a single
// lock file cannot get rid of without flock(2), which Node does not offer).
// https://lamport.azurewebsites.net/pubs/bakery.pdf

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Identity, liveTickets, ownIdentity, ticketName } from './tickets.ts';

const POLL_MS = 5;

/** What the ticket of one who is still to get a number says. */
const CHOOSING = 'choosing';

/**
 * Runs `work` while no other process (and no other caller here) holds the lock of the folder `path`,
 * which is made where it is not there. The work must be short: waiters poll.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(path, { recursive: true });
  const owner = await ownIdentity();
  const choosing = join(path, ticketName(CHOOSING, owner));
  await writeFile(choosing, '', { flag: 'wx' });
  let ticket: string | undefined;
  try {
    const taken = (await liveTickets(path, owner)).filter(({ what }) => what !== CHOOSING);
    const number = 1 + Math.max(0, ...taken.map(({ what }) => Number(what)));
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

/** Our turn is when nobody chooses and every live ticket sorts after ours. */
async function waitForTurn(path: string, ticket: string, owner: Identity): Promise<void> {
  for (;;) {
    const others = await liveTickets(path, owner);
    if (others.every(({ name, what }) => what !== CHOOSING && name >= ticket)) return;
    await sleep(POLL_MS);
  }
}
