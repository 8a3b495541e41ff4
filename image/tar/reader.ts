// A layer's tar as entries, under the extraction rules: names stay inside, whiteouts stay in their
// directory, what cannot be unpacked is refused before anything is unpacked. Every layer and every
// archive that ADD unpacks comes through here; all of them are hostile input.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md

import { BuildError } from '../../core/errors.ts';
import type { Entry, EntryType } from '../entry.ts';
import { ChunkReader } from '../stream/chunk-reader.ts';
import type { MemberContent } from '../stream/file-chunks.ts';
import { checkLinkTarget, entryPath } from './entry-path.ts';
import { readMembers, type TarMember } from './member.ts';

export interface ReadOptions {
  /** Entries; default 2 000 000. */
  readonly maxEntries?: number;
  /** Bytes of all files together; default 1 TiB. */
  readonly maxBytes?: number;
  /**
   * False for an archive that is no layer: a name with `.wh.` is a name like any other, and the device
   * that overlayfs would take for a whiteout is refused. Default true.
   */
  readonly whiteouts?: boolean;
}

export interface LayerMember {
  /** Without a digest. */
  readonly entry: Entry;
  /** The content of a file; empty for anything else. To be read, if at all, before the next member is asked for. */
  readonly chunks: MemberContent;
}

const MAX_ENTRIES = 2_000_000;
const MAX_BYTES = 2 ** 40;
const MAX_ID = 0xffff_fffe;
const MAX_XATTR_NAME = 255;
const MAX_XATTR_VALUE = 65_536;

const TYPES: Readonly<Record<string, EntryType>> = {
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'dir',
  '6': 'fifo',
  // Contiguous: a file, for every system that anyone uses.
  '7': 'file',
};

/**
 * Yields the entries of an uncompressed tar in its order; a path may come more than once, and then the last
 * one holds. Reads to the end of the stream. Throws E_LAYER_INVALID, E_LAYER_TRUNCATED, E_LAYER_LIMIT, E_UNSUPPORTED.
 */
export async function* readLayerTar(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): AsyncGenerator<LayerMember> {
  const { maxEntries = MAX_ENTRIES, maxBytes = MAX_BYTES, whiteouts = true } = options;
  const reader = new ChunkReader(chunks);
  let entries = 0;
  let bytes = 0;
  try {
    for await (const member of readMembers(reader)) {
      if (++entries > maxEntries) throw tooLarge(`more than ${maxEntries} entries`);
      bytes += member.size;
      if (bytes > maxBytes) throw tooLarge(`files of more than ${maxBytes} bytes`);
      const entry = entryOf(member, whiteouts);
      if (entry !== undefined) yield { entry, chunks: member.chunks };
    }
  } finally {
    await reader.cancel();
  }
}

/** Undefined for what aufs keeps for itself. */
function entryOf(member: TarMember, whiteouts: boolean): Entry | undefined {
  const path = entryPath(member.name);
  if (whiteouts && path.includes('.wh.')) {
    const marked = markOf(path);
    if (marked === 'ignored') return undefined;
    if (marked !== undefined) return { ...marked, mtime: member.mtime };
  }
  const type = TYPES[member.type];
  if (type === undefined) {
    throw invalid(`${quote(path)} has the unknown type ${quote(member.type)}`);
  }
  if (path === '' && type !== 'dir') throw invalid(`the root directory is a ${type}`);
  if (member.uid > MAX_ID || member.gid > MAX_ID)
    throw invalid(`${quote(path)} has an owner out of range`);
  const { mode, uid, gid, mtime } = member;
  // What overlayfs takes for a whiteout is one, so that the tree agrees with the mounted folders.
  if (type === 'char' && member.major === 0 && member.minor === 0) {
    if (!whiteouts) throw invalid(`${quote(path)} is a device that would remove what is there`);
    return markEntry(path, 'whiteout', mtime);
  }
  const xattrs = xattrsOf(path, member);
  return {
    path,
    type,
    mode,
    uid,
    gid,
    mtime,
    size: member.size,
    ...linkOf(path, type, member.link),
    ...deviceOf(path, type, member),
    ...(xattrs === undefined ? {} : { xattrs }),
  };
}

const OPAQUE = '.wh..wh..opq';

/** What a name that starts with `.wh.` means; undefined for a name that is none. */
function markOf(path: string): Entry | 'ignored' | undefined {
  const components = path.split('/');
  const name = components.pop() ?? '';
  const parent = components.join('/');
  const inside = components.find((component) => component.startsWith('.wh.'));
  if (inside?.startsWith('.wh..wh.')) return 'ignored';
  if (inside !== undefined) throw invalid(`${quote(path)} lies below a whiteout`);
  if (!name.startsWith('.wh.')) return undefined;
  if (name === OPAQUE) return markEntry(parent, 'opaque', 0n);
  if (name.startsWith('.wh..wh.')) return 'ignored';
  const removed = name.slice('.wh.'.length);
  // The name is checked again without its mark: `.wh...` would remove the parent's parent.
  if (removed === '' || removed === '.' || removed === '..') {
    throw invalid(`${quote(path)} is a whiteout of nothing that could be there`);
  }
  return markEntry(parent === '' ? removed : `${parent}/${removed}`, 'whiteout', 0n);
}

function markEntry(path: string, type: 'whiteout' | 'opaque', mtime: bigint): Entry {
  return { path, type, mode: 0, uid: 0, gid: 0, mtime, size: 0 };
}

function linkOf(path: string, type: EntryType, link: string): { link?: string } {
  if (type === 'symlink') {
    checkLinkTarget(path, link);
    return { link };
  }
  if (type !== 'hardlink') return {};
  const target = entryPath(link);
  if (target === '') throw invalid(`the hard link ${quote(path)} has no target`);
  return { link: target };
}

function deviceOf(
  path: string,
  type: EntryType,
  { major, minor }: TarMember,
): { major?: number; minor?: number } {
  if (type !== 'char' && type !== 'block') return {};
  if (major > 0xffff_ffff || minor > 0xffff_ffff)
    throw invalid(`${quote(path)} has a device number out of range`);
  return { major, minor };
}

const XATTR = 'SCHILY.xattr.';

function xattrsOf(path: string, { pax, type }: TarMember): Record<string, string> | undefined {
  if (pax.size === 0 || type === '1') return undefined;
  const xattrs: [string, string][] = [];
  for (const [key, value] of pax) {
    if (!key.startsWith(XATTR)) continue;
    const name = key.slice(XATTR.length);
    if (isOverlayXattr(name)) continue;
    if (
      name === '' ||
      name.includes('\0') ||
      name.length > MAX_XATTR_NAME ||
      value.length > MAX_XATTR_VALUE
    ) {
      throw invalid(`${quote(path)} has a malformed extended attribute`);
    }
    xattrs.push([name, value.toString('base64')]);
  }
  return xattrs.length === 0 ? undefined : Object.fromEntries(xattrs);
}

/** overlayfs acts on its own attributes (redirects among them): they never come from an archive. */
function isOverlayXattr(name: string): boolean {
  return name.startsWith('trusted.overlay.') || name.startsWith('user.overlay.');
}

/** The name in an error must be printable text, whatever the archive holds. */
function quote(path: string): string {
  return JSON.stringify(path);
}

function invalid(message: string): BuildError {
  return new BuildError('E_LAYER_INVALID', message);
}

function tooLarge(what: string): BuildError {
  return new BuildError('E_LAYER_LIMIT', `the archive has ${what}`);
}
