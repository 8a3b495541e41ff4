// Where the members of a tar lie, read once from its headers, so that an image archive is used in
// place and never unpacked. The archive may be hostile: names only look members up here (no path on
// this machine is made of one), sizes must fit into the file, and a name may mean one member only,
// since another reader could take the other one. Headers are read by the parser of layers.

import type { FileHandle } from 'node:fs/promises';
import { BuildError, isBuildError } from '../../core/errors.ts';
import { nameFromBytes } from '../../core/names.ts';
import { safeText } from '../../core/safe-text.ts';
import { BLOCK, decodeHeader, MAX_OCTAL_11, type TarHeader } from '../tar/header.ts';
import { decodePax, type PaxRecords, paxCount, paxName } from '../tar/pax.ts';

const MAX_MEMBERS = 100_000;
/** For long names and pax headers. */
const MAX_EXTENSION_BYTES = 1024 * 1024;

export type ArchiveMember =
  | { readonly type: 'file'; readonly offset: number; readonly size: number }
  /** `target` is the name of another member, from the archive's root. */
  | { readonly type: 'link'; readonly target: string };

export interface TarIndex {
  /** By name, without `./` before and `/` behind; files and links only. */
  readonly members: ReadonlyMap<string, ArchiveMember>;
  /** False where the end mark is missing: the archive may have been cut between two members. */
  readonly complete: boolean;
}

/** Long names and pax records that belong to the member after them. */
interface Pending {
  readonly name?: string;
  readonly link?: string;
  readonly pax?: PaxRecords;
}

/** Reads the headers of the tar in `file`. Throws E_ARCHIVE_INVALID, E_ARCHIVE_TRUNCATED; `place` names it. */
export async function indexTar(file: FileHandle, place: string): Promise<TarIndex> {
  const { size: end } = await file.stat();
  const members = new Map<string, ArchiveMember>();
  let pending: Pending = {};
  let offset = 0;
  while (offset + BLOCK <= end) {
    const header = headerOf(await readExactly(file, offset, BLOCK), offset, place);
    if (header === undefined) return { members, complete: true };
    const size = sizeOf(header, pending, place);
    const start = offset + BLOCK;
    if (start + size > end) throw truncated(place);
    offset = start + Math.ceil(size / BLOCK) * BLOCK;
    if ('LKxXg'.includes(header.type)) {
      if (size > MAX_EXTENSION_BYTES) throw invalid(place, `an extended header has ${size} bytes`);
      pending = extend(pending, header.type, await readExactly(file, start, size), place);
      continue;
    }
    addMember(members, header, pending, { type: 'file', offset: start, size }, place);
    pending = {};
  }
  if (offset !== end || offset === 0)
    throw offset === 0 ? invalid(place, 'it is no tar') : truncated(place);
  return { members, complete: false };
}

/** The error for what should be an image archive and is not. */
export function invalid(place: string, why: string): BuildError {
  return new BuildError('E_ARCHIVE_INVALID', `${place} is not an image archive: ${why}`);
}

/** The error for an archive that ends too early. */
export function truncated(place: string): BuildError {
  return new BuildError('E_ARCHIVE_TRUNCATED', `${place} ends too early`, {
    hint: 'it was not written or copied to its end; make it again',
  });
}

function headerOf(block: Buffer, offset: number, place: string): TarHeader | undefined {
  if (offset === 0 && !looksLikeTar(block)) throw invalid(place, 'it is no tar');
  return asArchiveError(place, () => decodeHeader(block));
}

/** The checksum field of a header is octal text; what is no tar at all seldom has that there. */
function looksLikeTar(block: Buffer): boolean {
  return /^[ 0-7]*[\0 ]+$/.test(block.toString('latin1', 148, 156));
}

function sizeOf(header: TarHeader, { pax }: Pending, place: string): number {
  const said = pax === undefined ? undefined : asArchiveError(place, () => paxCount(pax, 'size'));
  if (said !== undefined && said <= MAX_OCTAL_11 && said !== header.size) {
    throw invalid(place, `the headers of ${safeText(header.name)} say two sizes`);
  }
  const size = said ?? header.size;
  if (size !== 0 && '123456'.includes(header.type)) {
    throw invalid(place, `${safeText(header.name)} has content but is not a file`);
  }
  return size;
}

function extend(pending: Pending, type: string, body: Buffer, place: string): Pending {
  if (type === 'L') return { ...pending, name: longName(body) };
  if (type === 'K') return { ...pending, link: longName(body) };
  const pax = asArchiveError(place, () => decodePax(body));
  if (type !== 'g') return { ...pending, pax };
  if (['path', 'linkpath', 'size'].some((key) => pax.has(key))) {
    throw invalid(place, 'a global header renames or resizes every member');
  }
  return pending;
}

function addMember(
  members: Map<string, ArchiveMember>,
  header: TarHeader,
  { name, link, pax = new Map() }: Pending,
  file: ArchiveMember,
  place: string,
): void {
  const path = memberName(paxName(pax, 'path') ?? name ?? header.name);
  const target = paxName(pax, 'linkpath') ?? link ?? header.link;
  const member: ArchiveMember | undefined =
    header.type === '0' || header.type === '7'
      ? file
      : header.type === '1'
        ? { type: 'link', target: memberName(target) }
        : header.type === '2'
          ? { type: 'link', target: resolveLink(path, target) }
          : undefined;
  if (member === undefined) return;
  if (members.has(path)) throw invalid(place, `it has ${safeText(path)} twice`);
  if (members.size >= MAX_MEMBERS) throw invalid(place, `it has more than ${MAX_MEMBERS} members`);
  members.set(path, member);
}

function memberName(name: string): string {
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** `..` goes up by name, and never above the archive's root. */
function resolveLink(path: string, target: string): string {
  const parts = target.startsWith('/') ? [] : path.split('/').slice(0, -1);
  for (const part of memberName(target).split('/')) {
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

function longName(body: Buffer): string {
  const nul = body.indexOf(0);
  return nameFromBytes(nul === -1 ? body : body.subarray(0, nul));
}

/** The parser's errors speak of layers; here the archive is to blame. */
function asArchiveError<T>(place: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (isBuildError(error)) throw invalid(place, error.message);
    throw error;
  }
}

async function readExactly(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw new Error('the file became shorter while it was read');
    filled += bytesRead;
  }
  return buffer;
}
