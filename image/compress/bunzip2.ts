// bzip2, decoded block by block: no library of Node's world streams it without holding what a block
// unpacks to, and a block of 45 bytes may unpack to 46 MB. Input is hostile: every index is checked
// against the size of its table before it is used, and each block against its CRC.
// The format has no specification but the program: https://sourceware.org/bzip2/

import { BuildError } from '../../core/errors.ts';
import type { ChunkReader } from '../stream/chunk-reader.ts';
import { BitReader } from './bit-reader.ts';
import { damaged } from './compression-error.ts';
import { HuffmanCode } from './huffman-code.ts';

/** More than a block takes compressed: 900,001 symbols of at most 20 bits, and its tables. */
const BLOCK_BYTES = 2_600_000;
const BLOCK_MAGIC = 0x314159;
const BLOCK_MAGIC_END = 0x265359;
const END_MAGIC = 0x177245;
const END_MAGIC_END = 0x385090;
const GROUP_SIZE = 50;
const MAX_SELECTORS = 18_002;
const OUTPUT_CHUNK = 256 * 1024;

/** Yields what one or several bzip2 streams in a row unpack to. Throws E_LAYER_INVALID, E_LAYER_TRUNCATED. */
export async function* bunzip2(reader: ChunkReader): AsyncGenerator<Uint8Array> {
  do yield* oneStream(reader);
  while (await reader.fill(1));
}

async function* oneStream(reader: ChunkReader): AsyncGenerator<Uint8Array> {
  if (!(await reader.fill(4))) throw endsEarly();
  const header = reader.take(4).toString('latin1');
  if (!/^BZh[1-9]$/.test(header)) throw damaged('what follows a bzip2 stream is none');
  const capacity = Number(header[3]) * 100_000;
  const block = new Uint32Array(capacity);
  let combined = 0;
  for (let offset = 0; ; ) {
    await reader.fill(BLOCK_BYTES);
    const bits = new BitReader(reader.peek(Math.min(BLOCK_BYTES, reader.buffered)), offset);
    const [magic, end] = [bits.read(24), bits.read(24)];
    const crc = ((bits.read(16) << 16) | bits.read(16)) >>> 0;
    if (magic === END_MAGIC && end === END_MAGIC_END) {
      if (bits.overrun) throw endsEarly();
      if (crc !== combined) throw damaged('the checksum of the stream is wrong');
      reader.take(Math.ceil(bits.position / 8));
      return;
    }
    if (bits.overrun) throw endsEarly();
    if (magic !== BLOCK_MAGIC || end !== BLOCK_MAGIC_END) throw damaged('there is no block');
    const size = wholeBlock(bits, block);
    const start = invertTransform(block, size.length, size.origin);
    reader.take(bits.position >>> 3);
    offset = bits.position & 7;
    const actual = yield* expandRuns(block, size.length, start);
    if (actual !== crc) throw damaged('the checksum of a block is wrong');
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0;
  }
}

/** Behind the end of the data there is nothing that could be damaged. */
function wholeBlock(bits: BitReader, block: Uint32Array): ReturnType<typeof readBlock> {
  try {
    const size = readBlock(bits, block);
    if (!bits.overrun) return size;
  } catch (error) {
    if (!bits.overrun) throw error;
  }
  throw endsEarly();
}

/** Reads a block's bytes, still transformed, into `block`. */
function readBlock(bits: BitReader, block: Uint32Array): { length: number; origin: number } {
  if (bits.read(1) === 1) throw damaged('its block is randomised, as no bzip2 since 1997 does');
  const origin = bits.read(24);
  const symbols = readAlphabet(bits);
  const groups = bits.read(3);
  if (groups < 2 || groups > 6) throw damaged('a block has no tables');
  const selectors = readSelectors(bits, groups);
  const codes = Array.from({ length: groups }, () => readCode(bits, symbols.length + 2));
  const length = readSymbols(bits, { block, symbols, selectors, codes });
  if (origin >= length) throw damaged('a block starts behind its end');
  return { length, origin };
}

/** The byte values that occur. */
function readAlphabet(bits: BitReader): Uint8Array {
  const used: number[] = [];
  const ranges = bits.read(16);
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >>> range)) === 0) continue;
    const values = bits.read(16);
    for (let i = 0; i < 16; i++) if ((values & (0x8000 >>> i)) !== 0) used.push(range * 16 + i);
  }
  if (used.length === 0) throw damaged('a block has no bytes');
  return Uint8Array.from(used);
}

/** Which code each group of symbols has. */
function readSelectors(bits: BitReader, groups: number): Uint8Array {
  const count = bits.read(15);
  if (count === 0) throw damaged('a block has no groups');
  const order = Array.from({ length: groups }, (_, i) => i);
  const selectors = new Uint8Array(Math.min(count, MAX_SELECTORS));
  for (let i = 0; i < count; i++) {
    let place = 0;
    while (bits.read(1) === 1) if (++place >= groups) throw damaged('a group has no table');
    const [value = 0] = order.splice(place, 1);
    order.unshift(value);
    // Old programs write some too many, which are never used.
    if (i < MAX_SELECTORS) selectors[i] = value;
  }
  return selectors;
}

function readCode(bits: BitReader, symbols: number): HuffmanCode {
  const lengths = new Uint8Array(symbols);
  let length = bits.read(5);
  for (let i = 0; i < symbols; i++) {
    for (;;) {
      if (length < 1 || length > 20) throw damaged('a code has an impossible length');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[i] = length;
  }
  return new HuffmanCode(lengths);
}

interface SymbolTables {
  readonly block: Uint32Array;
  readonly symbols: Uint8Array;
  readonly selectors: Uint8Array;
  readonly codes: readonly HuffmanCode[];
}

/** Undoes Huffman's code, the runs of the front symbol and move-to-front. Returns how many bytes there are. */
function readSymbols(bits: BitReader, tables: SymbolTables): number {
  const { block, selectors, codes } = tables;
  const front = Uint8Array.from(tables.symbols);
  const endOfBlock = front.length + 1;
  let [length, run, weight, left, group] = [0, 0, 1, 0, 0];
  let code: HuffmanCode | undefined;
  for (;;) {
    if (left === 0) {
      code = codes[selectors[group++] ?? codes.length];
      left = GROUP_SIZE;
    }
    left--;
    if (code === undefined || bits.overrun) throw endsEarly();
    const symbol = code.read(bits);
    if (symbol <= 1) {
      run += weight << symbol;
      weight <<= 1;
      if (run > block.length) throw damaged('a run is longer than a block');
      continue;
    }
    if (run > 0) {
      if (length + run > block.length) throw damaged('a block has too many bytes');
      block.fill(front[0] ?? 0, length, length + run);
      length += run;
      run = 0;
      weight = 1;
    }
    if (symbol === endOfBlock) return length;
    const value = front[symbol - 1] ?? 0;
    // Most moves are short: a loop is quicker than a call.
    for (let i = symbol - 1; i > 0; i--) front[i] = front[i - 1] ?? 0;
    front[0] = value;
    if (length >= block.length) throw damaged('a block has too many bytes');
    block[length++] = value;
  }
}

/** Undoes the Burrows-Wheeler transform: puts into the upper bits of each place where the next byte is. */
function invertTransform(block: Uint32Array, length: number, origin: number): number {
  const starts = new Uint32Array(256);
  for (let i = 0; i < length; i++) {
    const byte = (block[i] ?? 0) & 0xff;
    starts[byte] = (starts[byte] ?? 0) + 1;
  }
  for (let byte = 0, sum = 0; byte < 256; byte++) {
    const count = starts[byte] ?? 0;
    starts[byte] = sum;
    sum += count;
  }
  for (let i = 0; i < length; i++) {
    const byte = (block[i] ?? 0) & 0xff;
    const at = starts[byte] ?? 0;
    starts[byte] = at + 1;
    block[at] = ((block[at] ?? 0) | (i << 8)) >>> 0;
  }
  return (block[origin] ?? 0) >>> 8;
}

/** Undoes the first run-length code: a byte four times, then how often more. Returns the CRC of what it yields. */
function* expandRuns(
  block: Uint32Array,
  length: number,
  start: number,
): Generator<Uint8Array, number> {
  let output = Buffer.allocUnsafe(OUTPUT_CHUNK);
  let [used, crc, at, same, last] = [0, 0xffffffff, start, 0, -1];
  for (let i = 0; i < length; i++) {
    const place = block[at] ?? 0;
    const byte = place & 0xff;
    at = place >>> 8;
    const isCount = same === 4;
    const value = isCount ? last : byte;
    const times = isCount ? byte : 1;
    same = isCount ? 0 : byte === last ? same + 1 : 1;
    last = isCount ? -1 : byte;
    if (used + times > OUTPUT_CHUNK) {
      yield output.subarray(0, used);
      output = Buffer.allocUnsafe(OUTPUT_CHUNK);
      used = 0;
    }
    for (let n = 0; n < times; n++) {
      output[used++] = value;
      crc = ((crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ value] ?? 0)) >>> 0;
    }
  }
  yield output.subarray(0, used);
  return ~crc >>> 0;
}

/** CRC-32 with its bits the other way round than zlib's. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

function endsEarly(): BuildError {
  return new BuildError('E_LAYER_TRUNCATED', 'the compressed data ends too early');
}
