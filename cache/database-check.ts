// Whether an LMDB file hangs together. LMDB believes what it finds there: where a disk, or somebody, has changed a page,
// reading it can end the process by a signal, each time anew. So a file that is not as a slipway left it is walked here
// first, where nothing is believed: both states that LMDB may begin from, every page that they lead to
// (cache/database-pages.ts), and the list of free pages, which must be free indeed. What values say is not
// looked at: they have checksums of their own. The form is that of lmdb-js's LMDB (data version 2, 64 bits, little-endian).

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isFreeList } from './database-free-list.ts';
import { PageWalk, TREE_BYTES, type Tree, treeAt } from './database-pages.ts';

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
/** Before what a page says of the whole, and before its own content. */
const HEADER = 24;
const META_BYTES = 24 + 2 * TREE_BYTES + 24;
/** What the flags of the tree of free pages hold besides those of the environment: its keys are numbers. */
const INTEGER_KEYS = 8;
const FIRST_PAGE = 2;
/** What lmdb-js says of a map in pieces (remapChunks); LMDB may map what is said there, and fails where that is more than there is. */
const MOST_BYTES = 2 ** 52;

/** False where something is not what leads to it says. A file that is no LMDB file at all is not for this to tell. */
export function isDatabaseWhole(file: string): boolean {
  const fd = openSync(file, 'r');
  try {
    return isWhole(fd);
  } catch (error) {
    // A number that leads out of its page, or a page out of the file.
    if (error instanceof RangeError) return false;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** One state of the database: its last page, its transaction, its trees of free pages and of tables. */
interface State {
  readonly pageSize: number;
  readonly mapSize: number;
  readonly lastPage: number;
  readonly transaction: bigint;
  readonly free: Tree;
  readonly main: Tree;
}

function isWhole(fd: number): boolean {
  const states = statesOf(fd);
  return states === 'no database' || states?.every((state) => isState(fd, state)) === true;
}

/** The states that LMDB may begin from: the newest, and the last that was synced. Undefined where they contradict each other. */
function statesOf(fd: number): readonly State[] | 'no database' | undefined {
  const { size } = fstatSync(fd);
  const first = stateAt(fd, 0);
  if (first === undefined) return size < HEADER + META_BYTES ? 'no database' : undefined;
  const { pageSize } = first;
  const second = stateAt(fd, pageSize);
  const synced = stateAt(fd, pageSize / 2);
  if (second?.pageSize !== pageSize) return undefined;
  // Transaction n is written to page n % 2, so the two follow each other; a new database has none.
  const apart = first.transaction - second.transaction;
  const isNew = first.transaction === 0n && second.transaction <= 1n;
  const isNext = (apart === 1n || apart === -1n) && first.transaction % 2n === 0n;
  if (!isNew && !isNext) return undefined;
  const newest = apart > 0n ? first : second;
  if (synced === undefined || synced.transaction === 0n) return [newest];
  const isOlder = synced.transaction <= newest.transaction && synced.pageSize === pageSize;
  if (!isOlder) return undefined;
  return synced.transaction === newest.transaction ? [newest] : [newest, synced];
}

function stateAt(fd: number, at: number): State | undefined {
  const bytes = Buffer.alloc(HEADER + META_BYTES);
  if (readSync(fd, bytes, 0, bytes.length, at) < bytes.length) return undefined;
  const meta = bytes.subarray(HEADER);
  // Of the synced state nothing before the size of the map is written.
  const isPage = meta.readUInt32LE(0) === MAGIC && meta.readUInt16LE(4) === DATA_VERSION;
  const free = treeAt(meta, 24);
  const pageSize = meta.readUInt32LE(24);
  if ((at === 0 && !isPage) || !isPageSize(pageSize)) return undefined;
  const end = 24 + 2 * TREE_BYTES;
  return {
    pageSize,
    mapSize: Number(meta.readBigUInt64LE(16)),
    lastPage: Number(meta.readBigUInt64LE(end)),
    transaction: meta.readBigUInt64LE(end + 8),
    free,
    main: treeAt(meta, 24 + TREE_BYTES),
  };
}

function isPageSize(bytes: number): boolean {
  return bytes >= 256 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;
}

function isState(fd: number, state: State): boolean {
  const { pageSize, mapSize, lastPage, transaction, free, main } = state;
  const pages = lastPage + 1;
  if (pages * pageSize > mapSize || mapSize > MOST_BYTES || lastPage < FIRST_PAGE - 1) return false;
  const inFile = Math.min(pages, Math.ceil(fstatSync(fd).size / pageSize));
  const walk = new PageWalk(fd, { pageSize, pages: inFile, transaction });
  const freePages: Buffer[] = [];
  const isTrees =
    (free.flags & INTEGER_KEYS) !== 0 &&
    walk.isTree(free, { keys: 'numbers', onValue: (value) => freePages.push(value) }) &&
    main.flags === 0 &&
    walk.isTree(main, { keys: 'bytes', tables: true });
  // The last pages may be free ones that were never written.
  return isTrees && isFreeList(freePages, { pages, inFile, isUsed: (page) => walk.isUsed(page) });
}
