// The identity of a layer: the digest of the canonical list of its entries. Unlike a diffID it needs
// no tar, and unlike a tree's digest it has mtimes in it. The form is pinned: a change of it is a
// change of the store's format, since layers on disk and in records are named by it.

import { type Digest, parseDigest, sha256 } from '../core/digest.ts';
import type { Entry, EntryType } from './entry.ts';
import { assertCanonical } from './tree/sort-entries.ts';

const HEADER = 'slipway-layer-1';

/** [path, type, mode, uid, gid, mtime, size, content digest, link, [major, minor], [[name, value]...]] */
type Row = readonly [
  path: string,
  type: EntryType,
  mode: number,
  uid: number,
  gid: number,
  mtime: string,
  size: number,
  digest: string | null,
  link: string | null,
  device: readonly [number, number] | null,
  xattrs: readonly (readonly [string, string])[] | null,
];

/** Returns the digest of the canonical form. The entries must be in canonical order, and files must have digests. */
export function layerId(entries: readonly Entry[]): Digest {
  return sha256(encodeEntries(entries));
}

/** Returns the canonical form: a header line, then a line of JSON for each entry. Same demands as `layerId`. */
export function encodeEntries(entries: readonly Entry[]): Buffer {
  assertCanonical(entries);
  let text = `${HEADER}\n`;
  for (const entry of entries) text += `${JSON.stringify(rowOf(entry))}\n`;
  return Buffer.from(text, 'utf8');
}

/** The inverse of `encodeEntries`. The bytes come from the store, which has checked them; anything else throws a plain Error. */
export function decodeEntries(bytes: Uint8Array): Entry[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const lines = text.split('\n');
  if (lines[0] !== HEADER || lines.at(-1) !== '') throw new Error('not a list of layer entries');
  return lines.slice(1, -1).map((line) => entryOf(JSON.parse(line) as Row));
}

function rowOf(entry: Entry): Row {
  if (entry.type === 'file' && entry.digest === undefined) {
    throw new Error(`the file ${JSON.stringify(entry.path)} has no digest`);
  }
  const xattrs = entry.xattrs === undefined ? [] : Object.entries(entry.xattrs);
  return [
    entry.path,
    entry.type,
    entry.mode,
    entry.uid,
    entry.gid,
    entry.mtime.toString(),
    entry.size,
    entry.digest ?? null,
    entry.link ?? null,
    isDevice(entry.type) ? [entry.major ?? 0, entry.minor ?? 0] : null,
    xattrs.length === 0 ? null : xattrs.sort(([a], [b]) => (a < b ? -1 : 1)),
  ];
}

function entryOf(row: Row): Entry {
  const [path, type, mode, uid, gid, mtime, size, digestText, link, device, xattrs] = row;
  const digest = parseDigest(digestText);
  return {
    path,
    type,
    mode,
    uid,
    gid,
    mtime: BigInt(mtime),
    size,
    ...(digest === undefined ? {} : { digest }),
    ...(link === null ? {} : { link }),
    ...(device === null ? {} : { major: device[0], minor: device[1] }),
    ...(xattrs === null ? {} : { xattrs: Object.fromEntries(xattrs) }),
  };
}

function isDevice(type: EntryType): boolean {
  return type === 'char' || type === 'block';
}
