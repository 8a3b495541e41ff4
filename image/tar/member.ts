// The members of a tar as they stand in it: header blocks with what GNU and PAX put before them. Knows
// nothing of layers. Input is hostile; see header.ts and pax.ts for what is refused and why.

import { BuildError } from '../../core/errors.ts';
import { nameFromBytes } from '../../core/names.ts';
import type { ChunkReader } from '../stream/chunk-reader.ts';
import { FileChunks, type MemberContent } from '../stream/file-chunks.ts';
import { BLOCK, decodeHeader, isZero, MAX_OCTAL_11, type TarHeader } from './header.ts';
import { decodePax, type PaxRecords, paxCount, paxName, paxTime } from './pax.ts';
import { isSparse, readSparseMap, type SparseMap, sparseContent } from './sparse.ts';

/** One member: the header's fields with long names and PAX records applied. */
export interface TarMember extends Omit<TarHeader, 'mtime'> {
  /** Nanoseconds. */
  readonly mtime: bigint;
  readonly pax: PaxRecords;
  readonly chunks: MemberContent;
}

/** What came before the header that it belongs to. */
interface Pending {
  name?: string;
  link?: string;
  pax?: PaxRecords;
}

/** Extended headers and long names: more is no name but an attack on memory. As Go's archive/tar. */
const MAX_EXTENSION = 1024 * 1024;
const NO_RECORDS: PaxRecords = new Map();

/**
 * Yields the members of the tar that `reader` gives, and reads it to its end. Throws E_LAYER_INVALID for what is
 * malformed, E_LAYER_TRUNCATED for a tar without its end, E_UNSUPPORTED for multi-volume ones.
 * Sparse files come whole: see sparse.ts.
 */
export async function* readMembers(reader: ChunkReader): AsyncGenerator<TarMember> {
  let pending: Pending | undefined;
  for (;;) {
    if (reader.buffered < BLOCK && !(await reader.fill(BLOCK))) throw truncated();
    const block = reader.take(BLOCK);
    const header = decodeHeader(block);
    if (header === undefined) break;
    const extended = await readExtension(reader, header, pending ?? {});
    if (extended !== undefined) {
      pending = extended;
      continue;
    }
    if (header.type === 'g') {
      checkGlobal(decodePax(await readExtensionBody(reader, header.size)));
      continue;
    }
    // A volume's label, which GNU tar writes first, is no member.
    if (header.type === 'V') continue;
    refuseUnsupported(header);
    const { pax = NO_RECORDS } = pending ?? {};
    const size = sizeOf(header, pax);
    const sparse = isSparse(header.type, pax)
      ? await readSparseMap(reader, { ...header, block, size, pax })
      : undefined;
    const stored = new FileChunks(reader, size - (sparse?.mapBytes ?? 0), truncated);
    const member = memberOf(header, pending ?? {}, size);
    pending = undefined;
    yield sparse === undefined ? { ...member, chunks: stored } : whole(member, stored, sparse);
    await stored.skip();
    await skipPadding(reader, size);
  }
  if (pending !== undefined) throw invalid('an extended header belongs to no entry');
  await readToEnd(reader);
}

/** Reads a header that says something of the next one; undefined where this is not one. */
async function readExtension(
  reader: ChunkReader,
  header: TarHeader,
  pending: Pending,
): Promise<Pending | undefined> {
  switch (header.type) {
    case 'L':
      if (pending.name !== undefined) throw invalid('an entry has two long names');
      return { ...pending, name: longName(await readExtensionBody(reader, header.size)) };
    case 'K':
      if (pending.link !== undefined) throw invalid('an entry has two long link targets');
      return { ...pending, link: longName(await readExtensionBody(reader, header.size)) };
    // X is what Sun's tar wrote before there was a standard; the records are the same.
    case 'x':
    case 'X':
      if (pending.pax !== undefined) throw invalid('an entry has two extended headers');
      return { ...pending, pax: decodePax(await readExtensionBody(reader, header.size)) };
    default:
      return undefined;
  }
}

function memberOf(
  header: TarHeader,
  { name, link, pax = NO_RECORDS }: Pending,
  size: number,
): Omit<TarMember, 'chunks'> {
  return {
    ...header,
    name: agreed(name, paxName(pax, 'path'), 'names') ?? header.name,
    link: agreed(link, paxName(pax, 'linkpath'), 'link targets') ?? header.link,
    uid: paxCount(pax, 'uid') ?? header.uid,
    gid: paxCount(pax, 'gid') ?? header.gid,
    mtime: paxTime(pax, 'mtime') ?? BigInt(header.mtime) * 1_000_000_000n,
    size,
    pax,
  };
}

/** A sparse file as if it had been stored with its holes. */
function whole(
  member: Omit<TarMember, 'chunks'>,
  stored: FileChunks,
  sparse: SparseMap,
): TarMember {
  const { size, name = member.name } = sparse;
  return { ...member, name, size, type: '0', chunks: sparseContent(stored, sparse) };
}

/**
 * A size that differs between the two headers is what smuggling needs, so they may differ only where the
 * plain header cannot hold the number. For the same reason only a file has one: some parsers skip a link's
 * or directory's "content", others read headers there.
 */
function sizeOf(header: TarHeader, pax: PaxRecords): number {
  const said = paxCount(pax, 'size');
  const size = said ?? header.size;
  if (said !== undefined && said <= MAX_OCTAL_11 && said !== header.size) {
    throw invalid(`the headers of ${JSON.stringify(header.name)} say two sizes`);
  }
  if (size !== 0 && '123456'.includes(header.type)) {
    throw invalid(`${JSON.stringify(header.name)} has content but is not a file`);
  }
  return size;
}

function refuseUnsupported({ type, name }: TarHeader): void {
  if (!'MDN'.includes(type)) return;
  const what = 'part of an incremental or multi-volume archive';
  throw new BuildError('E_UNSUPPORTED', `${JSON.stringify(name)} is ${what}`, {
    hint: 'make the archive again without --incremental or --multi-volume',
  });
}

/** Readers differ on what a global header does, so one that would move or resize entries is refused; any other is a comment. */
function checkGlobal(pax: PaxRecords): void {
  for (const key of pax.keys()) {
    if (['path', 'linkpath', 'size'].includes(key) || key.startsWith('GNU.sparse.')) {
      throw invalid(`a global header says ${JSON.stringify(key)} of every entry`);
    }
  }
}

function agreed(
  gnu: string | undefined,
  pax: string | undefined,
  what: string,
): string | undefined {
  if (gnu !== undefined && pax !== undefined && gnu !== pax) {
    throw invalid(`an entry has two ${what}: ${JSON.stringify(gnu)} and ${JSON.stringify(pax)}`);
  }
  return pax ?? gnu;
}

async function readExtensionBody(reader: ChunkReader, size: number): Promise<Buffer> {
  if (size > MAX_EXTENSION) throw invalid(`an extended header has ${size} bytes`);
  if (!(await reader.fill(size))) throw truncated();
  const body = reader.take(size);
  await skipPadding(reader, size);
  return body;
}

/** GNU's long names end by a NUL, or by the end of the data. */
function longName(body: Buffer): string {
  const nul = body.indexOf(0);
  const name = nameFromBytes(nul === -1 ? body : body.subarray(0, nul));
  if (name === '') throw invalid('a long name is empty');
  return name;
}

async function skipPadding(reader: ChunkReader, size: number): Promise<void> {
  const padding = (BLOCK - (size % BLOCK)) % BLOCK;
  if (reader.buffered < padding && !(await reader.fill(padding))) throw truncated();
  reader.take(padding);
}

/** After the end there is nothing but zeros: an archive behind the archive would be seen by some readers only. */
async function readToEnd(reader: ChunkReader): Promise<void> {
  while (reader.buffered > 0 || (await reader.fill(1))) {
    if (!isZero(reader.takeSome(reader.buffered)))
      throw invalid('data follows the end of the archive');
  }
}

function truncated(): BuildError {
  return new BuildError('E_LAYER_TRUNCATED', 'the archive ends too early');
}

function invalid(message: string): BuildError {
  return new BuildError('E_LAYER_INVALID', message);
}
