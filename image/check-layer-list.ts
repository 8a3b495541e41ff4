// A layer's list of entries that comes from outside (a cache that somebody exported). The store's own lists are
// checked by their digest alone; of a stranger's the digest says nothing but that it arrived as it was sent.

import type { Digest } from '../core/digest.ts';
import { BuildError, isBuildError } from '../core/errors.ts';
import type { Entry } from './entry.ts';
import { LayerList, layerId } from './layer-list.ts';
import { checkLinkTarget, isEntryPath } from './tar/entry-path.ts';
import type { ObjectStore } from './tree/object-store.ts';
import { sortEntries } from './tree/sort-entries.ts';

const TYPES: ReadonlySet<string> = new Set([
  ...['file', 'dir', 'symlink', 'hardlink', 'char', 'block', 'fifo', 'whiteout', 'opaque'],
]);
const MAX_ID = 0xffff_fffe;
const MAX_NAME = 255;
/** What Linux takes as one attribute (XATTR_SIZE_MAX). */
const MAX_VALUE = 65_536;
/** Nanoseconds of more years than a file's time can have. */
const MAX_TIME = 2n ** 70n;

/** Returns the entries of the layer `id`; undefined where its list is not there. Throws E_LAYER_INVALID for one that slipway would not write. */
export function checkLayerList(objects: ObjectStore, id: Digest): readonly Entry[] | undefined {
  try {
    const list = LayerList.open(objects, id);
    if (list === undefined) return undefined;
    const entries = [...list];
    for (const entry of entries) check(entry);
    // One list has one form; and what contradicts itself (a file below a file) does not come through here.
    if (layerId(sortEntries(entries)) !== id) throw wrong('form');
    return entries;
  } catch (error) {
    if (isBuildError(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new BuildError('E_LAYER_INVALID', `the list of the layer ${id} is malformed: ${why}`);
  }
}

function check(entry: Entry): void {
  const { path, type, mode, uid, gid, mtime, size, digest, link } = entry;
  if (typeof path !== 'string' || !isEntryPath(path)) throw wrong('path');
  if (!TYPES.has(type)) throw wrong('type');
  if (!isCount(mode, 0o7777)) throw wrong('mode');
  if (!isCount(uid, MAX_ID) || !isCount(gid, MAX_ID)) throw wrong('owner');
  if (mtime > MAX_TIME || mtime < -MAX_TIME) throw wrong('time');
  const mayHaveSize = type === 'file';
  if (!isCount(size, mayHaveSize ? Number.MAX_SAFE_INTEGER : 0)) throw wrong('size');
  if ((type === 'file') !== (digest !== undefined)) throw wrong('digest');
  if (type === 'symlink') checkLinkTarget(path, link ?? '');
  else if (type === 'hardlink') {
    if (link === undefined || link === '' || !isEntryPath(link)) throw wrong('link');
  } else if (link !== undefined) throw wrong('link');
  for (const number of [entry.major ?? 0, entry.minor ?? 0]) {
    if (!isCount(number, 0xffff_ffff)) throw wrong('device');
  }
  checkAttributes(entry);
}

function checkAttributes({ xattrs = {} }: Entry): void {
  for (const [name, value] of Object.entries(xattrs)) {
    const isName = name !== '' && !name.includes('\0') && Buffer.byteLength(name) <= MAX_NAME;
    if (!isName || Buffer.from(value, 'base64').length > MAX_VALUE) throw wrong('attribute');
  }
}

function isCount(value: unknown, most: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

function wrong(what: string): Error {
  return new Error(`an entry has a wrong ${what}`);
}
