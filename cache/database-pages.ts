// The trees of an LMDB file, page by page: each page's header, where its nodes lie and in which order their keys are,
// values that lie on pages of their own, and how many of each kind a tree says that it has. Nothing that is
// read is believed before it is checked; what does not fit throws a RangeError or makes an answer false.

import { readSync } from 'node:fs';

const HEADER = 24;
const NODE_HEADER = 8;
/** Where a value on pages of its own is: the first page, something of no use here, how many pages. */
const PLACE_BYTES = 24;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
/** What a leaf's node is: a value, one on pages of its own, the tree of a table. */
const VALUE = 0;
const ON_PAGES = 1;
const TABLE = 2;
/** Deeper is no tree of any file. */
const MAX_DEPTH = 32;
/** The longest key of lmdb-js. */
const MAX_KEY = 1978;

/** The record of a tree in a file. */
export const TREE_BYTES = 48;

export interface Tree {
  readonly flags: number;
  readonly depth: number;
  readonly branches: number;
  readonly leaves: number;
  readonly overflow: number;
  readonly entries: number;
  readonly root: bigint;
}

/** The record of a tree at `at`. */
export function treeAt(bytes: Buffer, at: number): Tree {
  const number = (offset: number): number => Number(bytes.readBigUInt64LE(at + offset));
  return {
    flags: bytes.readUInt16LE(at + 4),
    depth: bytes.readUInt16LE(at + 6),
    branches: number(8),
    leaves: number(16),
    overflow: number(24),
    entries: number(32),
    root: bytes.readBigUInt64LE(at + 40),
  };
}

/** What a tree holds. */
export interface Kind {
  readonly keys: 'bytes' | 'numbers';
  /** Its values may be trees. */
  readonly tables?: true;
  readonly onValue?: (value: Buffer) => void;
}

export interface FileOfPages {
  readonly pageSize: number;
  readonly pages: number;
  /** No page is of a later one: by that LMDB tells whether it may write into it. */
  readonly transaction: bigint;
}

interface Counted {
  branches: number;
  leaves: number;
  overflow: number;
  entries: number;
}

export class PageWalk {
  readonly #fd: number;
  readonly #file: FileOfPages;
  readonly #used: Uint8Array;

  constructor(fd: number, file: FileOfPages) {
    this.#fd = fd;
    this.#file = file;
    this.#used = new Uint8Array(file.pages);
  }

  /** True for a page that a tree has led to. */
  isUsed(page: number): boolean {
    return this.#used[page] === 1;
  }

  /** True where the tree is what its record says, to the last page. */
  isTree(tree: Tree, kind: Kind): boolean {
    const counted: Counted = { branches: 0, leaves: 0, overflow: 0, entries: 0 };
    const isEmpty = tree.root === NO_PAGE;
    if (isEmpty ? tree.depth !== 0 : tree.depth < 1 || tree.depth > MAX_DEPTH) return false;
    if (!isEmpty && !this.#isPage(Number(tree.root), tree.depth, kind, counted)) return false;
    return (
      counted.branches === tree.branches &&
      counted.leaves === tree.leaves &&
      counted.overflow === tree.overflow &&
      counted.entries === tree.entries
    );
  }

  /** `depth`: how many levels there are from here on. */
  #isPage(number: number, depth: number, kind: Kind, counted: Counted): boolean {
    const page = this.#take(number);
    if (page === undefined) return false;
    const isLeaf = depth === 1;
    if (page.readUInt16LE(18) !== (isLeaf ? LEAF : BRANCH)) return false;
    const nodes = nodesOf(page);
    if (nodes === undefined || (!isLeaf && nodes.length === 0)) return false;
    if (isLeaf) counted.leaves++;
    else counted.branches++;
    let end = 0;
    let before: Buffer | undefined;
    for (const [index, node] of nodes.entries()) {
      const key = node.subarray(NODE_HEADER, NODE_HEADER + node.readUInt16LE(6));
      // The first key of a branch stands for all that is less.
      if (isLeaf || index > 0) {
        if (!isKey(key, kind) || (before !== undefined && !isLess(before, key, kind))) return false;
        before = key;
      }
      const bytes = isLeaf
        ? this.#leafNode(node, key.length, kind, counted)
        : this.#branchNode(node, key.length, depth, kind, counted);
      if (bytes === undefined) return false;
      end += bytes + (bytes % 2);
    }
    // The nodes fill the end of the page.
    return end === page.length - HEADER - page.readUInt16LE(22);
  }

  /** The bytes of a node, or undefined where it is none. */
  #branchNode(
    node: Buffer,
    keyBytes: number,
    depth: number,
    kind: Kind,
    counted: Counted,
  ): number | undefined {
    const child = node.readUInt32LE(0) + node.readUInt16LE(4) * 2 ** 32;
    return this.#isPage(child, depth - 1, kind, counted) ? NODE_HEADER + keyBytes : undefined;
  }

  #leafNode(node: Buffer, keyBytes: number, kind: Kind, counted: Counted): number | undefined {
    const at = NODE_HEADER + keyBytes;
    const length = node.readUInt32LE(0);
    const flags = node.readUInt16LE(4);
    counted.entries++;
    if (flags === ON_PAGES) {
      if (at + PLACE_BYTES > node.length) return undefined;
      const value = this.#overflowValue(node.subarray(at, at + PLACE_BYTES), length, counted);
      if (value === undefined) return undefined;
      kind.onValue?.(value);
      return at + PLACE_BYTES;
    }
    if (at + length > node.length) return undefined;
    const value = node.subarray(at, at + length);
    if (flags === TABLE) {
      if (kind.tables !== true || length !== TREE_BYTES) return undefined;
      const tree = treeAt(value, 0);
      if (tree.flags !== 0 || !this.isTree(tree, { keys: 'bytes' })) return undefined;
    } else if (flags !== VALUE) return undefined;
    else kind.onValue?.(value);
    return at + length;
  }

  /** A value that is too large for a page. */
  #overflowValue(place: Buffer, bytes: number, counted: Counted): Buffer | undefined {
    const { pageSize, pages } = this.#file;
    const first = Number(place.readBigUInt64LE(0));
    const count = Number(place.readBigUInt64LE(16));
    const needed = Math.floor((HEADER - 1 + bytes) / pageSize) + 1;
    if (count < needed || first + needed > pages) return undefined;
    const page = this.#take(first);
    if (page === undefined || page.readUInt16LE(18) !== OVERFLOW) return undefined;
    const own = page.readUInt32LE(20);
    if (own < needed || own !== count) return undefined;
    for (let at = first + 1; at < Math.min(first + own, pages); at++) {
      if (this.isUsed(at)) return undefined;
      this.#used[at] = 1;
    }
    counted.overflow += own;
    const value = Buffer.alloc(bytes);
    const isRead = readSync(this.#fd, value, 0, bytes, first * pageSize + HEADER) === bytes;
    return isRead ? value : undefined;
  }

  /** The page, which nothing else has led to; undefined where there is none, or it says that it is another. */
  #take(number: number): Buffer | undefined {
    const { pageSize, pages, transaction } = this.#file;
    if (!(number >= 2 && number < pages) || this.isUsed(number)) return undefined;
    this.#used[number] = 1;
    const page = Buffer.allocUnsafe(pageSize);
    const length = readSync(this.#fd, page, 0, pageSize, number * pageSize);
    if (length < pageSize || page.readBigUInt64LE(0) !== BigInt(number)) return undefined;
    return page.readBigUInt64LE(8) <= transaction ? page : undefined;
  }
}

/** The nodes of a page, in the order of their keys; each begins at its node and ends with the page. */
function nodesOf(page: Buffer): Buffer[] | undefined {
  const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)];
  const room = page.length - HEADER;
  if (lower % 2 !== 0 || lower > upper || upper > room) return undefined;
  const nodes: Buffer[] = [];
  const seen = new Set<number>();
  for (let at = HEADER; at < HEADER + lower; at += 2) {
    const node = page.readUInt16LE(at);
    if (node < upper || node + NODE_HEADER > room || node % 2 !== 0 || seen.has(node)) {
      return undefined;
    }
    seen.add(node);
    nodes.push(page.subarray(HEADER + node));
  }
  return nodes;
}

function isKey(key: Buffer, { keys }: Kind): boolean {
  return keys === 'numbers' ? key.length === 8 : key.length > 0 && key.length <= MAX_KEY;
}

function isLess(a: Buffer, b: Buffer, { keys }: Kind): boolean {
  if (keys === 'numbers') return a.readBigUInt64LE() < b.readBigUInt64LE();
  return Buffer.compare(a, b) < 0;
}
