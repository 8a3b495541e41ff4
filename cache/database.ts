// The embedded database of a store: records, directory objects and file digests, in one LMDB
// environment, so that several processes share it and a commit is all or nothing.
// Writes are batched by lmdb and become visible in the order in which they were made: a record that
// names an object is therefore never there without it. LMDB is the one package loaded here, and only
// when a store is opened, after its files were looked at.
// Behind each value stands a checksum of it and of its key: what a disk has changed counts as absent.

import type { Database as LmdbDatabase, RootDatabase } from 'lmdb';
import { BuildError } from '../core/errors.ts';
import { careForDatabase, hasRoom, markDamaged } from './database-care.ts';
import type { OtherUsers } from './leases.ts';
import { PendingTable } from './pending-table.ts';

/** One table: binary keys to binary values, with this process's own unwritten values visible. */
export interface Table {
  get(key: Uint8Array): Uint8Array | undefined;
  /** True where there is a value, be it damaged: it is not read. */
  has(key: Uint8Array): boolean;
  /** Queues a write; `Database.flush` waits for it. */
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /** Waits where more than a few megabytes are queued: who writes much must ask at times. Throws what `Database.flush` throws. */
  settled(): Promise<void>;
  /** Every pair that is committed, in key order; damaged ones are removed on the way. */
  entries(): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>;
}

export interface Database {
  /** True where there was one that was damaged: this one is new. */
  readonly hasBegunAnew: boolean;
  table(name: string): Table;
  /** Waits until every write so far is committed. Throws the first failure, a full disk as E_STORE_UNUSABLE. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens (or makes) the database in the folder `path`, which must exist; a damaged one is replaced. `others` are those who
 * use it or crashed. Throws E_STORE_UNUSABLE, E_STORE_CORRUPT.
 */
export async function openDatabase(path: string, others: OtherUsers = NOBODY): Promise<Database> {
  const lmdb = await import('lmdb');
  const care = await careForDatabase(path, others, () =>
    unusable(path, 'there is no room on its disk'),
  );
  const root = named(path, () =>
    lmdb.open({
      path,
      maxDbs: 16,
      encoding: 'binary',
      cache: false,
      noSubdir: false,
      remapChunks: true,
    }),
  );
  const tables = new Map<string, PendingTable>();
  const flush = async (): Promise<void> => {
    // All of them, also after a failure: a process should not end while LMDB writes.
    const flushed = await Promise.allSettled([...tables.values()].map((table) => table.flush()));
    for (const result of flushed) if (result.status === 'rejected') throw result.reason;
  };
  return {
    hasBegunAnew: care.hasBegunAnew,
    table(name) {
      const known = tables.get(name);
      if (known !== undefined) return known;
      const made = new PendingTable(
        named(path, () => openTable(root, name)),
        (error) => databaseError(path, error),
      );
      tables.set(name, made);
      return made;
    },
    flush,
    async close() {
      await flush();
      await root.close();
      care.noteAsLeft();
    },
  };
}

function openTable(root: RootDatabase, name: string): LmdbDatabase<Uint8Array, Uint8Array> {
  return root.openDB<Uint8Array, Uint8Array>(name, {
    encoding: 'binary',
    keyEncoding: 'binary',
    cache: false,
  });
}

const NOBODY: OtherUsers = { areLive: false, haveCrashed: false };

const EIO = 5;
const ENOSPC = 28;

/** What LMDB's errors mean: numbers of the system, and its own below -30700 (lmdb.h). */
const CAUSES: ReadonlyMap<unknown, string> = new Map([
  [EIO, 'the disk reports a fault'],
  [13, 'permission denied'],
  [ENOSPC, 'there is no room on its disk'],
  [30, 'the file system is read-only'],
  [122, 'your quota is used up'],
]);
/** The last two are what a page that is not one looks like when it is written to. */
const CORRUPT: ReadonlySet<unknown> = new Set([
  -30_797, -30_796, -30_794, -30_793, -30_786, -30_782,
]);

function named<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw databaseError(path, error);
  }
}

function databaseError(path: string, error: unknown): unknown {
  const code = (error as { readonly code?: unknown } | null)?.code;
  // LMDB takes a write that came to less than it should have for a fault.
  const why = code === EIO && !hasRoom(path) ? CAUSES.get(ENOSPC) : CAUSES.get(code);
  if (why !== undefined) return unusable(path, why, error);
  if (!CORRUPT.has(code) && !isCorrupted(error)) return error;
  markDamaged(path);
  return new BuildError('E_STORE_CORRUPT', `the database ${path} is damaged`, {
    cause: error,
    hint: 'build again: it begins anew, the images stay, and steps run again',
  });
}

/** Errors of reading have their name in the text alone. */
function isCorrupted(error: unknown): boolean {
  return error instanceof Error && /^MDB_(?:CORRUPTED|PAGE_NOTFOUND|INVALID)\b/.test(error.message);
}

function unusable(path: string, why: string, cause?: unknown): BuildError {
  return new BuildError('E_STORE_UNUSABLE', `the database ${path} cannot be used: ${why}`, {
    cause,
    hint: 'free some space, or let SLIPWAY_HOME name a folder on a disk with room',
  });
}
