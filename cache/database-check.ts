// Whether the pages of an LMDB file hang together. LMDB believes its own pages: where a disk has changed one, reading it
// can end the process by a signal, each time anew. So after a process has ended without a word, the file is walked
// here first, where nothing is believed: every page that the newest state leads to, its header, and where its nodes
// lie. Contents are not looked at: values have checksums of their own.
// The form is that of lmdb-js's LMDB (data version 2, 64 bits, little-endian).

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const MAGIC = 0xbeefc0de;
const HEADER = 24;
const NODE_HEADER = 8;
/** The record of a tree: flags, depth, counts, and where its root is. */
const TREE_BYTES = 48;
const ROOT_AT = 40;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const IN_OVERFLOW = 1;
const IS_TREE = 2;
/** Deeper is no tree of this many bytes. */
const MAX_DEPTH = 32;

/** False where some page is not what leads to it says. A file that is no LMDB file at all is not for this to tell. */
export function isDatabaseWhole(file: string): boolean {
  const fd = openSync(file, 'r');
  try {
    const check = PageCheck.begin(fd);
    return check === undefined || check.isWhole();
  } finally {
    closeSync(fd);
  }
}

interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: bigint;
  readonly roots: readonly bigint[];
}

class PageCheck {
  readonly #fd: number;
  readonly #meta: Meta;
  readonly #pages: number;
  readonly #seen = new Set<number>();

  private constructor(fd: number, meta: Meta) {
    this.#fd = fd;
    this.#meta = meta;
    // The last pages of a file may be free ones that were never written.
    this.#pages = Math.min(meta.lastPage + 1, Math.ceil(fstatSync(fd).size / meta.pageSize));
  }

  static begin(fd: number): PageCheck | undefined {
    const first = metaAt(fd, 0);
    if (first === undefined) return undefined;
    const { pageSize } = first;
    const others = [pageSize / 2, pageSize].flatMap((at) => metaAt(fd, at) ?? []);
    // The state that a process of this boot goes on with is the newest one.
    const newest = [first, ...others].reduce((a, b) => (b.transaction > a.transaction ? b : a));
    return newest.pageSize === pageSize ? new PageCheck(fd, newest) : undefined;
  }

  isWhole(): boolean {
    return this.#meta.roots.every((root) => this.#isTree(root, 0));
  }

  #isTree(root: bigint, depth: number): boolean {
    return root === NO_PAGE || this.#isNode(Number(root), depth);
  }

  #isNode(number: number, depth: number): boolean {
    if (depth > MAX_DEPTH || this.#seen.has(number)) return false;
    this.#seen.add(number);
    const page = this.#read(number);
    if (page === undefined) return false;
    const kind = page.readUInt16LE(18);
    const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)];
    const room = page.length - HEADER;
    if ((kind !== BRANCH && kind !== LEAF) || lower % 2 !== 0 || lower > upper || upper > room) {
      return false;
    }
    for (let at = HEADER; at < HEADER + lower; at += 2) {
      const node = page.readUInt16LE(at);
      if (node < upper || node + NODE_HEADER > room) return false;
      if (!this.#isEntry(page.subarray(HEADER + node), kind, depth)) return false;
    }
    return kind === LEAF || lower > 0;
  }

  /** `node` begins at the node and ends with its page. */
  #isEntry(node: Buffer, kind: number, depth: number): boolean {
    const low = node.readUInt32LE(0);
    const flags = node.readUInt16LE(4);
    const dataAt = NODE_HEADER + node.readUInt16LE(6);
    if (dataAt > node.length) return false;
    if (kind === BRANCH) return this.#isNode(low + flags * 2 ** 32, depth + 1);
    if ((flags & IN_OVERFLOW) !== 0) return this.#isOverflow(node.subarray(dataAt), low);
    const data = node.subarray(dataAt, dataAt + low);
    if (data.length < low) return false;
    if ((flags & IS_TREE) === 0) return true;
    return low === TREE_BYTES && this.#isTree(data.readBigUInt64LE(ROOT_AT), depth + 1);
  }

  /** A value that is too large for a page: so many bytes on pages of their own. */
  #isOverflow(place: Buffer, bytes: number): boolean {
    if (place.length < 24) return false;
    const first = Number(place.readBigUInt64LE(0));
    const count = Number(place.readBigUInt64LE(16));
    const needed = Math.floor((HEADER - 1 + bytes) / this.#meta.pageSize) + 1;
    const page = this.#read(first);
    if (page === undefined || count < needed || first + count > this.#meta.lastPage + 1)
      return false;
    return page.readUInt16LE(18) === OVERFLOW && page.readUInt32LE(20) >= needed;
  }

  /** Undefined where there is no such page, or it says that it is another. */
  #read(number: number): Buffer | undefined {
    if (!(number >= 2 && number < this.#pages)) return undefined;
    const page = Buffer.alloc(this.#meta.pageSize);
    const length = readSync(this.#fd, page, 0, page.length, number * page.length);
    if (length < page.length || page.readBigUInt64LE(0) !== BigInt(number)) return undefined;
    // By the transaction that wrote a page LMDB tells whether it may write into it.
    return page.readBigUInt64LE(8) <= this.#meta.transaction ? page : undefined;
  }
}

function metaAt(fd: number, at: number): Meta | undefined {
  const bytes = Buffer.alloc(HEADER + 160);
  if (readSync(fd, bytes, 0, bytes.length, at) < bytes.length) return undefined;
  const meta = bytes.subarray(HEADER);
  if (meta.readUInt32LE(0) !== MAGIC) return undefined;
  const trees = [24, 24 + TREE_BYTES];
  const pageSize = meta.readUInt32LE(24);
  if (pageSize < 256 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined;
  const end = 24 + 2 * TREE_BYTES;
  return {
    pageSize,
    lastPage: Number(meta.readBigUInt64LE(end)),
    transaction: meta.readBigUInt64LE(end + 8),
    roots: trees.map((tree) => meta.readBigUInt64LE(tree + ROOT_AT)),
  };
}
