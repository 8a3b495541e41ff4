// Directory objects: the sorted entries of one directory in one pinned encoding, under its digest; of a directory
// with very many, an object that names others, each of which has some of them (directory-writer.ts decides). A
// tree is the digest of a root object, a directory object whose one entry, named '', is the root
// directory itself. mtimes are not in it. The encoding is an identity: a change of it is a change of
// the store's format.

import { type Digest, parseDigest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { lastWhere } from '../../core/last-where.ts';
import { compareNames } from '../../core/names.ts';
import { DirectoryCache } from './directory-cache.ts';
import type { ObjectStore } from './object-store.ts';

export type TreeEntryType = 'file' | 'dir' | 'symlink' | 'char' | 'block' | 'fifo';

/** One entry of a directory. A file with several names is as many entries of the same content and metadata. */
export interface TreeEntry {
  /** In the string form of core/names.ts; '' only for the root. */
  readonly name: string;
  readonly type: TreeEntryType;
  /** 0..0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file; 0 for anything else. */
  readonly size: number;
  /** Of a file's content, or of a directory's object. */
  readonly digest?: Digest;
  /** A symlink's target as written. */
  readonly link?: string;
  readonly major?: number;
  readonly minor?: number;
  /** Name to value in base64; absent where there are none. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** Entries by name, in the order of the names' bytes. There may be very many: who goes through them keeps none. */
export interface Directory extends Iterable<[string, TreeEntry]> {
  get(name: string): TreeEntry | undefined;
  has(name: string): boolean;
  keys(): Iterable<string>;
  values(): Iterable<TreeEntry>;
}

/** Some entries of a directory, which are a directory object: the first name, and the object. */
export type DirectoryPart = readonly [first: string, digest: Digest];

const HEADER = 'slipway-dir-1\n';
const PARTS_HEADER = 'slipway-dir-parts-1\n';

/** What sets an entry apart besides its name and the numbers: a digest, a link's target, or [major, minor]. */
type Reference = string | readonly [number, number] | null;

type Row = readonly [
  name: string,
  type: TreeEntryType,
  mode: number,
  uid: number,
  gid: number,
  size: number,
  reference: Reference,
  xattrs?: readonly (readonly [string, string])[],
];

/** Keeps the entries, which are in order, as one directory object and returns its digest. */
export function putDirectory(objects: ObjectStore, entries: readonly TreeEntry[]): Digest {
  return objects.put(Buffer.from(HEADER + JSON.stringify(entries.map(rowOf)), 'utf8'));
}

/** Keeps a directory whose entries are in `parts`, in order, and returns its digest. */
export function putDirectoryParts(objects: ObjectStore, parts: readonly DirectoryPart[]): Digest {
  return objects.put(Buffer.from(PARTS_HEADER + JSON.stringify(parts), 'utf8'));
}

/** Reads a directory object. Throws E_TREE_MISSING where the store does not have it; so does what is asked of it later. */
export function readDirectoryObject(objects: ObjectStore, digest: Digest): Directory {
  const cache = cacheOf(objects);
  const known = cache.get(digest);
  if (known !== undefined) return known;
  const directory = readUncached(objects, digest);
  cache.set(digest, directory, directory instanceof Map ? directory.size : 0);
  return directory;
}

/** The objects that a directory object leads to: its parts, or the directories in it. Throws E_TREE_MISSING. */
export function objectsBelow(objects: ObjectStore, digest: Digest): readonly Digest[] {
  const directory = readDirectoryObject(objects, digest);
  if (directory instanceof PartedDirectory) return directory.parts.map(([, part]) => part);
  const below: Digest[] = [];
  for (const entry of directory.values())
    if (entry.type === 'dir' && entry.digest !== undefined) below.push(entry.digest);
  return below;
}

function readUncached(objects: ObjectStore, digest: Digest): Directory {
  const bytes = objects.get(digest);
  if (bytes === undefined) {
    throw new BuildError('E_TREE_MISSING', `the store does not have the directory ${digest}`, {
      hint: 'build again with --no-cache: the steps that made it will run again',
    });
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (text.startsWith(HEADER)) return decode(text.slice(HEADER.length));
  if (!text.startsWith(PARTS_HEADER)) throw new Error('not a directory object');
  return new PartedDirectory(objects, decodeParts(text.slice(PARTS_HEADER.length)));
}

/** Reads the root directory's own entry. Throws E_TREE_MISSING. */
export function readRoot(objects: ObjectStore, tree: Digest): TreeEntry {
  const root = readDirectoryObject(objects, tree).get('');
  if (root?.type !== 'dir') throw new Error(`${tree} is not a root object`);
  return root;
}

/** The entries of a directory. Throws E_TREE_MISSING; anything but a `dir` entry is a programmer's error. */
export function childrenOf(objects: ObjectStore, entry: TreeEntry): Directory {
  if (entry.type !== 'dir' || entry.digest === undefined) throw new Error('not a directory entry');
  return readDirectoryObject(objects, entry.digest);
}

/** The pinned form of one entry, as it stands in its directory's object. */
export function rowOf(entry: TreeEntry): Row {
  const { name, type, mode, uid, gid, size } = entry;
  const reference = referenceOf(entry);
  if (entry.xattrs === undefined) return [name, type, mode, uid, gid, size, reference];
  const xattrs = Object.entries(entry.xattrs).sort(([a], [b]) => compareNames(a, b));
  return [name, type, mode, uid, gid, size, reference, xattrs];
}

/** The pinned form of an entry without its kind and without what is in it: name, mode, owner and attributes. */
export function metadataOf({ name, mode, uid, gid, xattrs }: TreeEntry): string {
  return JSON.stringify(
    rowOf({
      name,
      type: 'fifo',
      mode,
      uid,
      gid,
      size: 0,
      ...(xattrs === undefined ? {} : { xattrs }),
    }),
  );
}

function referenceOf(entry: TreeEntry): Reference {
  switch (entry.type) {
    case 'file':
    case 'dir':
      if (entry.digest === undefined) throw new Error(`no digest: ${JSON.stringify(entry.name)}`);
      return entry.digest;
    case 'symlink':
      return entry.link ?? '';
    case 'char':
    case 'block':
      return [entry.major ?? 0, entry.minor ?? 0];
    case 'fifo':
      return null;
  }
}

function decode(rows: string): ReadonlyMap<string, TreeEntry> {
  const directory = new Map<string, TreeEntry>();
  for (const row of JSON.parse(rows) as Row[]) directory.set(row[0], entryOf(row));
  return directory;
}

function decodeParts(text: string): readonly DirectoryPart[] {
  const parts = JSON.parse(text) as DirectoryPart[];
  if (!parts.every(([, digest]) => parseDigest(digest) !== undefined))
    throw new Error('not a directory object: a digest is malformed');
  return parts;
}

/** A directory that is read a part at a time: of those in which something was looked up, some are kept. */
class PartedDirectory implements Directory {
  readonly parts: readonly DirectoryPart[];
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore, parts: readonly DirectoryPart[]) {
    this.#objects = objects;
    this.parts = parts;
  }

  get(name: string): TreeEntry | undefined {
    const part = partFor(this.parts, name);
    return part && readDirectoryObject(this.#objects, part[1]).get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  *keys(): Generator<string> {
    for (const { name } of this.values()) yield name;
  }

  *values(): Generator<TreeEntry> {
    for (const [, digest] of this.parts) yield* readUncached(this.#objects, digest).values();
  }

  *[Symbol.iterator](): Generator<[string, TreeEntry]> {
    for (const entry of this.values()) yield [entry.name, entry];
  }
}

/** The part in which `name` is, if it is there. */
export function partFor(parts: readonly DirectoryPart[], name: string): DirectoryPart | undefined {
  return lastWhere(parts, ([first]) => compareNames(first, name) <= 0);
}

function entryOf([name, type, mode, uid, gid, size, reference, xattrs]: Row): TreeEntry {
  const entry = { name, type, mode, uid, gid, size, ...contentOf(type, reference) };
  return xattrs === undefined ? entry : { ...entry, xattrs: Object.fromEntries(xattrs) };
}

function contentOf(
  type: TreeEntryType,
  reference: Reference,
): Pick<TreeEntry, 'digest' | 'link' | 'major' | 'minor'> {
  if (reference === null) return {};
  if (typeof reference !== 'string') return { major: reference[0], minor: reference[1] };
  if (type === 'symlink') return { link: reference };
  const digest = parseDigest(reference);
  if (digest === undefined) throw new Error('not a directory object: a digest is malformed');
  return { digest };
}

const caches = new WeakMap<ObjectStore, DirectoryCache<Directory>>();

function cacheOf(objects: ObjectStore): DirectoryCache<Directory> {
  let cache = caches.get(objects);
  if (cache === undefined) {
    cache = new DirectoryCache();
    caches.set(objects, cache);
  }
  return cache;
}
