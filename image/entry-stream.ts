// The runner's entry stream (runner-native/PROTOCOL.md, "Entry stream"): what `dump` says of a folder and
// what `extract` is told. The other end is our own program, but what it reports was made by a step:
// lengths, names and sizes are checked, and whatever is wrong is E_RUNNER_PROTOCOL.

import { BuildError } from '../core/errors.ts';
import { nameFromBytes, nameToBytes } from '../core/names.ts';
import type { Entry, EntryType } from './entry.ts';
import { ChunkReader } from './stream/chunk-reader.ts';
import { FileChunks } from './stream/file-chunks.ts';
import { isEntryPath } from './tar/entry-path.ts';

const TYPES: readonly (EntryType | undefined)[] = [
  undefined,
  'file',
  'dir',
  'symlink',
  'hardlink',
  'char',
  'block',
  'fifo',
  'whiteout',
  'opaque',
];
const SOCKET = 10;

/** Bytes of the header's fixed part, the length field left out. */
const FIXED = 47;
const MAX_HEADER = 1024 * 1024;
const BILLION = 1_000_000_000n;

/** Ends every stream. */
export const END_OF_ENTRIES: Buffer = Buffer.from([1, 0, 0, 0, 0]);

/** An entry and, of a file, its content; `chunks` of anything else is empty. Must be read, if at all, before the next one is asked for. */
export interface StreamedEntry {
  /** Without a digest. */
  readonly entry: Entry;
  readonly chunks: FileChunks;
}

export interface DecodeOptions {
  /** Told the path of each socket: no layer can hold one. */
  readonly onSocket?: (path: string) => void;
}

/** Returns the bytes that stand before the entry's content; `size` bytes of content must follow those of a file. */
export function encodeEntryHeader(entry: Entry): Buffer {
  const path = nameToBytes(entry.path);
  const link = nameToBytes(entry.link ?? '');
  const xattrs = Object.entries(entry.xattrs ?? {}).map(([name, value]) => ({
    name: nameToBytes(name),
    value: Buffer.from(value, 'base64'),
  }));
  let length = FIXED + path.length + link.length;
  for (const { name, value } of xattrs) length += 6 + name.length + value.length;
  const out = Buffer.allocUnsafe(4 + length);
  writeFixed(out, entry, length);
  out.writeUInt16LE(path.length, 45);
  out.writeUInt16LE(link.length, 47);
  out.writeUInt16LE(xattrs.length, 49);
  let at = 4 + FIXED;
  at += path.copy(out, at);
  at += link.copy(out, at);
  for (const { name, value } of xattrs) {
    at = out.writeUInt16LE(name.length, at);
    at = out.writeUInt32LE(value.length, at);
    at += name.copy(out, at);
    at += value.copy(out, at);
  }
  return out;
}

function writeFixed(out: Buffer, entry: Entry, length: number): void {
  const { seconds, nanoseconds } = splitTime(entry.mtime);
  out.writeUInt32LE(length, 0);
  out.writeUInt8(TYPES.indexOf(entry.type), 4);
  out.writeUInt32LE(entry.mode, 5);
  out.writeUInt32LE(entry.uid, 9);
  out.writeUInt32LE(entry.gid, 13);
  out.writeBigInt64LE(seconds, 17);
  out.writeUInt32LE(nanoseconds, 25);
  out.writeBigUInt64LE(BigInt(entry.type === 'file' ? entry.size : 0), 29);
  out.writeUInt32LE(entry.major ?? 0, 37);
  out.writeUInt32LE(entry.minor ?? 0, 41);
}

/** Seconds rounded down, and what is left of the nanoseconds: 0..999999999. */
function splitTime(mtime: bigint): { seconds: bigint; nanoseconds: number } {
  const rest = mtime % BILLION;
  const nanoseconds = rest < 0n ? rest + BILLION : rest;
  return { seconds: (mtime - nanoseconds) / BILLION, nanoseconds: Number(nanoseconds) };
}

/**
 * Yields the entries of a stream up to its end entry. Throws E_RUNNER_PROTOCOL for a stream that is cut short,
 * goes on after its end, or is otherwise not what the protocol says.
 */
export async function* decodeEntryStream(
  chunks: AsyncIterable<Uint8Array>,
  options: DecodeOptions = {},
): AsyncGenerator<StreamedEntry> {
  const reader = new ChunkReader(chunks);
  try {
    for (;;) {
      const header = await readHeader(reader);
      if (header === undefined) break;
      if (header[0] === SOCKET) {
        options.onSocket?.(decodeNames(header).path);
        continue;
      }
      const entry = decodeEntry(header);
      const content = new FileChunks(reader, entry.size, truncated);
      yield { entry, chunks: content };
      await content.skip();
    }
    if (await reader.fill(1)) throw broken('bytes follow the end of the entries');
  } finally {
    await reader.cancel();
  }
}

/** The header after its length field; undefined for the end entry. */
async function readHeader(reader: ChunkReader): Promise<Buffer | undefined> {
  if (reader.buffered < 4 && !(await reader.fill(4))) throw truncated();
  const length = reader.take(4).readUInt32LE(0);
  if (length !== 1 && (length < FIXED || length > MAX_HEADER)) {
    throw broken(`an entry's header says it has ${length} bytes`);
  }
  if (reader.buffered < length && !(await reader.fill(length))) throw truncated();
  const header = reader.take(length);
  if ((length === 1) !== (header[0] === 0))
    throw broken('an end entry with a header, or no header at all');
  return length === 1 ? undefined : header;
}

function decodeEntry(header: Buffer): Entry {
  const type = TYPES[header.readUInt8(0)];
  if (type === undefined) throw broken(`there is no entry type ${header.readUInt8(0)}`);
  const { path, link, xattrs } = decodeNames(header);
  const mode = header.readUInt32LE(1);
  const nanoseconds = header.readUInt32LE(21);
  const size = header.readBigUInt64LE(25);
  if (mode > 0o7777) throw broken(`${quote(path)} has mode 0${mode.toString(8)}`);
  if (nanoseconds >= 1e9) throw broken(`${quote(path)} has ${nanoseconds} nanoseconds`);
  if (size > BigInt(type === 'file' ? Number.MAX_SAFE_INTEGER : 0)) {
    throw broken(`the ${type} ${quote(path)} has ${size} bytes`);
  }
  checkNames(type, path, link);
  const device = type === 'char' || type === 'block';
  return {
    path,
    type,
    mode,
    uid: header.readUInt32LE(5),
    gid: header.readUInt32LE(9),
    mtime: header.readBigInt64LE(13) * BILLION + BigInt(nanoseconds),
    size: Number(size),
    ...(link === '' ? {} : { link }),
    ...(device ? { major: header.readUInt32LE(33), minor: header.readUInt32LE(37) } : {}),
    ...(xattrs === undefined ? {} : { xattrs }),
  };
}

function checkNames(type: EntryType, path: string, link: string): void {
  if (!isEntryPath(path)) throw broken(`${quote(path)} is no path of an entry`);
  if (path === '' && type !== 'dir' && type !== 'opaque') throw broken(`the root is a ${type}`);
  if ((type === 'symlink' || type === 'hardlink') !== (link !== '')) {
    throw broken(`the ${type} ${quote(path)} has ${link === '' ? 'no' : 'a'} target`);
  }
  if (type === 'hardlink' && !isEntryPath(link))
    throw broken(`${quote(link)} is no path of an entry`);
}

function decodeNames(header: Buffer): {
  path: string;
  link: string;
  xattrs: Record<string, string> | undefined;
} {
  let at = FIXED;
  const next = (length: number): Buffer => {
    const bytes = header.subarray(at, at + length);
    if (bytes.length < length) throw broken('an entry has names longer than its header');
    at += length;
    return bytes;
  };
  const path = nameFromBytes(next(header.readUInt16LE(41)));
  const link = nameFromBytes(next(header.readUInt16LE(43)));
  const pairs: [string, string][] = [];
  for (let left = header.readUInt16LE(45); left > 0; left--) {
    const lengths = next(6);
    const name = nameFromBytes(next(lengths.readUInt16LE(0)));
    pairs.push([name, next(lengths.readUInt32LE(2)).toString('base64')]);
  }
  if (at !== header.length) throw broken('an entry has names shorter than its header');
  return { path, link, xattrs: pairs.length === 0 ? undefined : Object.fromEntries(pairs) };
}

function truncated(): BuildError {
  return broken('the stream of entries is cut short');
}

function broken(what: string): BuildError {
  return new BuildError('E_RUNNER_PROTOCOL', `the runner broke its protocol: ${what}`);
}

function quote(path: string): string {
  return JSON.stringify(path);
}
