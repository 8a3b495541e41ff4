// Looks at the database's files before LMDB does, and puts a new database in the place of one that is damaged: LMDB
// believes its pages, and a wrong one can end the process by a signal.
// docs/decisions/0073-a-database-is-believed-as-it-was-left.md

import { existsSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OtherUsers } from './leases.ts';

const DATA = 'data.mdb';
const LOCK = 'lock.mdb';

/** Says how the last process that wrote to the database left it: which file, and when it was written to. */
const LEFT = 'left';
/** Says that the database is damaged: whoever opens it next begins a new one. */
const DAMAGED = 'damaged';
/** Says that a process crashed while another one went on: whoever is alone next looks at the pages. */
const UNCHECKED = 'unchecked';

/** What a new database takes at least, with its lock file. */
const ROOM_BYTES = 1 << 20;

export interface Care {
  /** True where there was a database that was damaged, and is no longer there. */
  readonly hasBegunAnew: boolean;
  /** Call it when the database is closed: as it is then, nobody needs to look at its pages. */
  noteAsLeft(): void;
}

/**
 * Makes sure that LMDB can open what is in the folder `path`: where the file is not as a slipway left it (somebody was
 * killed, the machine was started since, somebody else wrote to it), and nobody has it open, its pages are looked at.
 * Throws a plain error of the system, and what `noRoom` returns.
 */
export async function careForDatabase(
  path: string,
  others: OtherUsers,
  noRoom: () => Error,
): Promise<Care> {
  const isDamaged = existsSync(join(path, DAMAGED)) || !(await isAsLeftOrWhole(path, others));
  const hasBegunAnew = isDamaged && existsSync(join(path, DATA));
  if (isDamaged) for (const name of [DATA, LOCK, DAMAGED, LEFT]) removeFile(path, name);
  // A lock file that is mapped into memory and has no room on disk would end the process by SIGBUS.
  if (!existsSync(join(path, LOCK)) && !hasRoom(path)) throw noRoom();
  return { hasBegunAnew, noteAsLeft: () => noteAsLeft(path) };
}

/** The next one who opens the database begins a new one. A process that has it open goes on: what it writes there is only made again. */
export function markDamaged(path: string): void {
  mark(path, DAMAGED);
}

async function isAsLeftOrWhole(
  path: string,
  { areLive, haveCrashed }: OtherUsers,
): Promise<boolean> {
  const isDue = existsSync(join(path, UNCHECKED));
  if (areLive) {
    // What others write to meanwhile cannot be looked at.
    if (haveCrashed && !isDue) mark(path, UNCHECKED);
    return true;
  }
  const now = stateOf(path);
  const isAsLeft = now === undefined || now === textOf(join(path, LEFT));
  if (isAsLeft && !haveCrashed && !isDue) return true;
  const { isDatabaseWhole } = await import('./database-check.ts');
  const isWhole = now === undefined || isDatabaseWhole(join(path, DATA));
  removeFile(path, UNCHECKED);
  return isWhole;
}

function noteAsLeft(path: string): void {
  const now = stateOf(path);
  if (now !== undefined && now !== textOf(join(path, LEFT))) mark(path, LEFT, now);
}

/** Which file it is and when it was written to, in this boot: another one reads the disk anew. Undefined where there is none. */
function stateOf(path: string): string | undefined {
  const status = statSync(join(path, DATA), { bigint: true, throwIfNoEntry: false });
  if (status === undefined) return undefined;
  const { ino, size, mtimeNs, ctimeNs } = status;
  return `${ino} ${size} ${mtimeNs} ${ctimeNs} ${textOf('/proc/sys/kernel/random/boot_id') ?? ''}`;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function mark(path: string, name: string, text = ''): void {
  try {
    writeFileSync(join(path, name), text);
  } catch {
    // A disk that takes nothing any more: the error that is on its way says so.
  }
}

function removeFile(path: string, name: string): void {
  rmSync(join(path, name), { force: true });
}

/** Whether a new database would have room on the disk of the folder `path`. */
export function hasRoom(path: string): boolean {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize >= ROOM_BYTES;
}
