// The store on disk: an OCI layout with the blobs and images, unpacked layers, and the database.
// Opening it makes what is missing, refuses another format version, and takes a lease; closing it
// waits for queued writes and gives the lease back. What opening reads it reads synchronously: each of these small
// calls takes less than a trip to the thread pool, and a build in which nothing has changed is little else.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDirectory, writeFileAtomic } from '../core/atomic-file.ts';
import { BuildError, errnoOf } from '../core/errors.ts';
import { fullHint, isFull } from '../core/room-hint.ts';
import { safeText } from '../core/safe-text.ts';
import type { BlobStore } from './blob-store.ts';
import { diskBlobs } from './blobs.ts';
import { type Database, openDatabase, type Table } from './database.ts';
import { type LayerFolders, layerFolders } from './layer-folders.ts';
import { type Lease, sweepTemporaries, takeLease } from './leases.ts';
import { type DiskObjects, diskObjects } from './objects.ts';
import { type RecordStore, recordStore } from './records.ts';

/** Raised with every change that makes an older slipway misread the store. */
export const STORE_FORMAT = 4;

/**
 * Stores of these go on as ones of today's: values of 1 have no checksum, records of 2 name lists of another form, and both
 * count as absent. In 3, directories of very many entries are one object, as they are read today.
 */
const TAKEN_OVER_FORMATS: ReadonlySet<number | undefined> = new Set([1, 2, 3]);

export interface Store {
  readonly home: string;
  /** The OCI layout that holds the blobs and the local images. */
  readonly ociDir: string;
  readonly blobs: BlobStore;
  readonly layers: LayerFolders;
  readonly records: RecordStore;
  readonly objects: DiskObjects;
  /** Digests of context files by inode identity. */
  readonly fileDigests: Table;
  /** Which blob holds a layer's compressed tar, by layer and compressor. */
  readonly layerBlobs: Table;
  /** Where the compressed form of a block is, by block and compressor. */
  readonly blocks: Table;
  /** How a layer's blob begins, by the entries that it begins with and compressor. */
  readonly prefixes: Table;
  /** What was fetched from which address. */
  readonly downloads: Table;
  /** What unpacked layers take on disk, by layer, and an account of the whole (builder/cache/account.ts). */
  readonly sizes: Table;
  /** Which names of a layer are names of one file, by layer (builder/exec/hard-links.ts). */
  readonly links: Table;
  readonly lease: Lease;
  /** True where the database was damaged and is a new one: images are there, records are not. */
  readonly hasBegunAnew: boolean;
  /** Waits until everything written so far is committed. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the store in the folder `home`, making it where there is none. Throws E_STORE_FORMAT, E_STORE_UNUSABLE. */
export async function openStore(home: string): Promise<Store> {
  try {
    // Layers hold other people's setuid programs, and records build arguments: nobody else may enter,
    // even where `home` was there before and is open to all (moby's CVE-2021-41091).
    ensureDirectory(home, 0o700);
    await checkFormat(home);
    const folders = ['oci', 'layers', 'db', 'mounts', 'tmp', 'leases'];
    for (const name of folders) ensureDirectory(join(home, name), 0o700);
    const lease = await takeLease(home);
    try {
      const others = await sweepTemporaries(home);
      return assemble(home, await openDatabase(join(home, 'db'), others), lease);
    } catch (error) {
      await lease.release();
      throw error;
    }
  } catch (error) {
    throw unusable(home, error);
  }
}

function assemble(home: string, database: Database, lease: Lease): Store {
  return {
    home,
    ociDir: join(home, 'oci'),
    blobs: diskBlobs(join(home, 'oci'), lease.tmp),
    layers: layerFolders(join(home, 'layers')),
    records: recordStore(database.table('records'), database.table('steps')),
    objects: diskObjects(database.table('objects')),
    fileDigests: database.table('files'),
    layerBlobs: database.table('layer-blobs'),
    blocks: database.table('blocks'),
    prefixes: database.table('prefixes'),
    downloads: database.table('downloads'),
    sizes: database.table('sizes'),
    links: database.table('hard-links'),
    lease,
    hasBegunAnew: database.hasBegunAnew,
    flush: () => database.flush(),
    async close() {
      try {
        await database.close();
      } finally {
        await lease.release();
      }
    },
  };
}

async function checkFormat(home: string): Promise<void> {
  const path = join(home, 'format.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    refuseForeignFolder(home);
    await writeFormat(path);
    return;
  }
  const format = formatOf(text);
  if (format === STORE_FORMAT) return;
  if (TAKEN_OVER_FORMATS.has(format) || (format === undefined && isOursDamaged(text)))
    return writeFormat(path);
  throw new BuildError(
    'E_STORE_FORMAT',
    `the store at ${home} has format ${format ?? 'unknown'}; this slipway reads format ${STORE_FORMAT}`,
    { hint: 'use the slipway version that made it, or set SLIPWAY_HOME to another folder' },
  );
}

const FORMAT_TEXT = `${JSON.stringify({ format: STORE_FORMAT })}\n`;

/** True for what a disk has made of our words by changing one of them: no other format says that. */
function isOursDamaged(text: string): boolean {
  const others = [...FORMAT_TEXT].filter((letter, at) => text[at] !== letter);
  return text.length === FORMAT_TEXT.length && others.length === 1;
}

async function writeFormat(path: string): Promise<void> {
  await writeFileAtomic(path, async (file) => {
    await file.writeFile(FORMAT_TEXT);
  });
}

/**
 * What is stale in `tmp` and `leases` is removed: in a folder of someone else's (SLIPWAY_HOME=/ !) that
 * would be their files. The format is the first file of a store, so a folder without it holds nothing of ours.
 */
function refuseForeignFolder(home: string): void {
  const names = readdirSync(home);
  const foreign = names.find((name) => name !== 'lost+found' && !name.startsWith('.file-'));
  // Another process may have made the store at this very moment.
  if (foreign === undefined || names.includes('format.json')) return;
  throw new BuildError(
    'E_STORE_UNUSABLE',
    `${home} is not a store, and not empty: it holds ${safeText(foreign)}`,
    { hint: 'set SLIPWAY_HOME to a folder that is empty or not there yet' },
  );
}

function formatOf(text: string): number | undefined {
  try {
    const format: unknown = (JSON.parse(text) as { format?: unknown }).format;
    return typeof format === 'number' ? format : undefined;
  } catch {
    return undefined;
  }
}

function unusable(home: string, error: unknown): unknown {
  const errno = errnoOf(error);
  // ERR_MODULE_NOT_FOUND and its like are Node's, and defects.
  if (errno === undefined || !/^E[A-Z0-9]+$/.test(errno) || error instanceof BuildError)
    return error;
  return new BuildError('E_STORE_UNUSABLE', `the store at ${home} cannot be used: ${errno}`, {
    cause: error,
    hint: isFull(error)
      ? fullHint(home)
      : 'SLIPWAY_HOME names another folder for it; it must be writable and on a disk with room',
  });
}
