// Sparse files of a tar: the archive has their data without the holes, and a map of where the data lie. Two forms are
// read, those that GNU tar --sparse writes: the old one of its own format (type S), and 1.0 of POSIX archives.
// https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html
// The map is hostile input: pieces in order, inside the file, and together just what is stored; a limit on the holes.

import { BuildError } from '../../core/errors.ts';
import type { ChunkReader } from '../stream/chunk-reader.ts';
import type { FileChunks, MemberContent } from '../stream/file-chunks.ts';
import { BLOCK, numberField } from './header.ts';
import { type PaxRecords, paxCount, paxName } from './pax.ts';

export interface SparseMap {
  /** Of the whole file. */
  readonly size: number;
  readonly pieces: readonly Piece[];
  /** Where a header before the file says it: the plain header has another. */
  readonly name: string | undefined;
  /** How much of the member's content the map itself takes. */
  readonly mapBytes: number;
}

interface Piece {
  readonly offset: number;
  readonly length: number;
}

export interface SparseMember {
  /** The header, as it stands in the archive. */
  readonly block: Buffer;
  readonly type: string;
  readonly name: string;
  /** Of what is stored. */
  readonly size: number;
  readonly pax: PaxRecords;
}

const MAX_PIECES = 100_000;
/** Somebody digests and keeps all of it, though the archive is as small as one likes. */
const MAX_HOLES = 64 * 2 ** 30;
const ZEROS = Buffer.alloc(64 * 1024);

/** True for the type and the records of a file of which only the map says where its content lies. */
export function isSparse(type: string, pax: PaxRecords): boolean {
  return type === 'S' || [...pax.keys()].some((key) => key.startsWith('GNU.sparse.'));
}

/** Reads the map of a sparse file from what follows its header. Throws E_LAYER_INVALID, E_LAYER_LIMIT, E_UNSUPPORTED. */
export async function readSparseMap(reader: ChunkReader, member: SparseMember): Promise<SparseMap> {
  const { type, pax, name, size } = member;
  const fail = (why: string): BuildError =>
    new BuildError('E_LAYER_INVALID', `the sparse file ${JSON.stringify(name)} ${why}`);
  const isGnu = type === 'S' && !isSparse('0', pax);
  if (!isGnu && (type !== '0' || version(pax) !== '1.0')) throw unsupported(name);
  const map = isGnu ? await gnuMap(reader, member, fail) : await paxMap(reader, member, fail);
  check(map, size - map.mapBytes, fail);
  return map;
}

/** The content of the file, of which `stored` are the pieces. */
export function sparseContent(stored: FileChunks, map: SparseMap): MemberContent {
  return {
    takeBuffered: () => undefined,
    [Symbol.asyncIterator]: () => filled(stored, map),
  };
}

async function* filled(
  stored: FileChunks,
  { size, pieces }: SparseMap,
): AsyncGenerator<Uint8Array> {
  const data = stored[Symbol.asyncIterator]();
  let rest: Uint8Array = Buffer.alloc(0);
  let at = 0;
  for (const { offset, length } of [...pieces, { offset: size, length: 0 }]) {
    yield* zeros(offset - at);
    for (let left = length; left > 0; ) {
      if (rest.byteLength === 0) rest = (await data.next()).value ?? rest;
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.byteLength);
      left -= piece.byteLength;
      yield piece;
    }
    at = offset + length;
  }
}

function* zeros(count: number): Generator<Uint8Array> {
  for (let left = count; left > 0; left -= ZEROS.byteLength) yield ZEROS.subarray(0, left);
}

type Fail = (why: string) => BuildError;

/** The header has four pieces, and each block that it announces behind it 21 more. */
async function gnuMap(
  reader: ChunkReader,
  { block }: SparseMember,
  fail: Fail,
): Promise<SparseMap> {
  const pieces = [...gnuPieces(block, 386, 4)];
  let more = block[482] === 1;
  while (more) {
    if (!(await reader.fill(BLOCK))) throw fail('ends in its map');
    const next = reader.take(BLOCK);
    pieces.push(...gnuPieces(next, 0, 21));
    if (pieces.length > MAX_PIECES) throw fail('has too many pieces');
    more = next[504] === 1;
  }
  return { size: numberField(block, 483, 12, 'size'), pieces, name: undefined, mapBytes: 0 };
}

function* gnuPieces(block: Buffer, start: number, count: number): Generator<Piece> {
  for (let at = start; at < start + 24 * count && block[at] !== 0; at += 24) {
    const offset = numberField(block, at, 12, 'offset');
    yield { offset, length: numberField(block, at + 12, 12, 'length') };
  }
}

/** In front of the content, in whole blocks: how many pieces, then each one's offset and length, a line for each number. */
async function paxMap(
  reader: ChunkReader,
  { pax, size }: SparseMember,
  fail: Fail,
): Promise<SparseMap> {
  const numbers: number[] = [];
  let [text, mapBytes] = ['', 0];
  const whole = (): boolean => numbers.length > 0 && numbers.length > 2 * (numbers[0] ?? 0);
  while (!whole()) {
    if (mapBytes + BLOCK > size || !(await reader.fill(BLOCK))) throw fail('ends in its map');
    mapBytes += BLOCK;
    text += reader.take(BLOCK).toString('latin1');
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines.slice(0, 2 * MAX_PIECES)) {
      if (whole()) break;
      if (!/^[0-9]{1,16}$/.test(line)) throw fail('has a malformed map');
      numbers.push(Number(line));
    }
    if ((numbers[0] ?? 0) > MAX_PIECES) throw fail('has too many pieces');
  }
  const pieces = Array.from({ length: numbers[0] ?? 0 }, (_, index) => ({
    offset: numbers[2 * index + 1] ?? 0,
    length: numbers[2 * index + 2] ?? 0,
  }));
  const real = paxCount(pax, 'GNU.sparse.realsize');
  const name = paxName(pax, 'GNU.sparse.name');
  if (real === undefined || name === undefined) throw fail('has no name or no size');
  return { size: real, pieces, name, mapBytes };
}

function check({ size, pieces }: SparseMap, stored: number, fail: Fail): void {
  let [end, sum] = [0, 0];
  for (const { offset, length } of pieces) {
    if (offset < end || offset + length > size) throw fail('has pieces that do not fit into it');
    end = offset + length;
    sum += length;
  }
  if (sum !== stored) throw fail('has more or less content than its map says');
  if (size - sum <= MAX_HOLES) return;
  throw new BuildError('E_LAYER_LIMIT', fail(`has holes of ${size - sum} bytes`).message);
}

function version(pax: PaxRecords): string {
  return ['major', 'minor'].map((key) => pax.get(`GNU.sparse.${key}`) ?? '').join('.');
}

function unsupported(name: string): BuildError {
  return new BuildError('E_UNSUPPORTED', `${JSON.stringify(name)} is sparse in an old way`, {
    hint: 'make the archive again without --sparse, or with --sparse-version=1.0',
  });
}
