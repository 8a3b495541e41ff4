// The 512-byte header block of a tar, in and out. Reading is strict: a field that two parsers could
// read differently is refused, since "one sees a file where the other sees data" is how archives
// smuggle (CVE-2025-62518). Formats: POSIX ustar (pax(1), "ustar Interchange Format"), GNU, v7.

import { BuildError } from '../../core/errors.ts';
import { nameFromBytes } from '../../core/names.ts';

export const BLOCK = 512;

/** The largest number in a field of 11 octal digits (size, mtime), and of 7 (ids, devices). */
export const MAX_OCTAL_11 = 0o77777777777;
export const MAX_OCTAL_7 = 0o7777777;

export interface TarHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds; negative before 1970. */
  readonly mtime: number;
  /** One character; '0' also for the NUL of v7. */
  readonly type: string;
  readonly link: string;
  readonly major: number;
  readonly minor: number;
}

/** Reads a header block; undefined for a block of zeros, which ends an archive. Throws E_LAYER_INVALID. */
export function decodeHeader(block: Buffer): TarHeader | undefined {
  if (block[0] === 0 && isZero(block)) return undefined;
  checkSum(block);
  const ustar = block.toString('latin1', 257, 263) === 'ustar\0';
  const name = textField(block, 0, 100);
  const prefix = ustar ? textField(block, 345, 155) : '';
  const type = block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0);
  const isDevice = type === '3' || type === '4';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: numberField(block, 100, 8, 'mode') & 0o7777,
    uid: numberField(block, 108, 8, 'uid'),
    gid: numberField(block, 116, 8, 'gid'),
    size: numberField(block, 124, 12, 'size'),
    mtime: numberField(block, 136, 12, 'mtime', true),
    type: block[156] === 0 && name.endsWith('/') ? '5' : type,
    link: textField(block, 157, 100),
    major: isDevice ? numberField(block, 329, 8, 'device number') : 0,
    minor: isDevice ? numberField(block, 337, 8, 'device number') : 0,
  };
}

/** True where every byte is zero. */
export function isZero(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** A name of ASCII characters for the header of `encodeHeader`: at most 100 characters, the prefix at most 155. */
export interface HeaderName {
  readonly prefix: string;
  readonly name: string;
}

/**
 * Splits an ASCII path over the two name fields of ustar, as late as possible and only where it must;
 * undefined where it does not fit.
 */
export function splitName(path: string): HeaderName | undefined {
  if (path.length <= 100) return { prefix: '', name: path };
  if (path.length > 256) return undefined;
  // The slash is in neither field; a name field must not be empty, and a trailing slash belongs to it.
  const slash = path.lastIndexOf('/', Math.min(155, path.length - 2));
  if (slash <= 0 || path.length - slash - 1 > 100) return undefined;
  return { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}

/** Returns a ustar header block. Numbers must fit their fields, `link` 100 ASCII characters. */
export function encodeHeader(
  header: Omit<TarHeader, 'name'>,
  { prefix, name }: HeaderName,
): Buffer {
  // Byte by byte, and no text of each field: there is a header for each of a million files.
  const block = Buffer.allocUnsafe(BLOCK);
  block.set(BLANK);
  putText(block, 0, name);
  putOctal(block, 100, 7, header.mode);
  putOctal(block, 108, 7, header.uid);
  putOctal(block, 116, 7, header.gid);
  putOctal(block, 124, 11, header.size);
  putOctal(block, 136, 11, header.mtime);
  putText(block, 156, header.type);
  putText(block, 157, header.link);
  putOctal(block, 329, 7, header.major);
  putOctal(block, 337, 7, header.minor);
  putText(block, 345, prefix);
  putOctal(block, 148, 6, sumOf(block).unsigned);
  block[154] = 0;
  return block;
}

/** A header without anything: no user's and group's names, and the checksum's field of spaces. */
const BLANK = Buffer.alloc(BLOCK);
BLANK.write(' '.repeat(8), 148, 'latin1');
BLANK.write('ustar\u000000', 257, 'latin1');

function putText(block: Buffer, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) block[at + i] = text.charCodeAt(i);
}

function putOctal(block: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    block[i] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

/** Some old archivers summed signed bytes; both sums are taken, as by every reader. */
function checkSum(block: Buffer): void {
  const sum = sumOf(block);
  const said = numberField(block, 148, 8, 'checksum');
  if (said === sum.unsigned || said === sum.signed) return;
  throw invalid('a header has a wrong checksum: this is no tar, or it is damaged');
}

/** The checksum's own field counts as spaces. */
function sumOf(block: Buffer): { unsigned: number; signed: number } {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let i = 0; i < BLOCK; i++) {
    if (i === 148) i = 156;
    const byte = block[i] ?? 0;
    unsigned += byte;
    high += byte >> 7;
  }
  return { unsigned, signed: unsigned - 256 * high };
}

/** A name field: up to its NUL, or all of it. */
function textField(block: Buffer, at: number, length: number): string {
  const nul = block.indexOf(0, at);
  const end = nul === -1 || nul > at + length ? at + length : nul;
  return end === at ? '' : nameFromBytes(block.subarray(at, end));
}

/** A number in the field at `at`: octal digits, or GNU's binary form. Throws E_LAYER_INVALID, which names `what`. */
export function numberField(
  block: Buffer,
  at: number,
  length: number,
  what: string,
  negative = false,
): number {
  const first = block[at] ?? 0;
  const value =
    first & 0x80 ? base256(block.subarray(at, at + length)) : octal(block, at, at + length);
  if (value === undefined || !Number.isSafeInteger(value) || (value < 0 && !negative)) {
    throw invalid(`a header has a malformed ${what}`);
  }
  return value;
}

/** Octal digits between blanks or NULs; an empty field is 0. Undefined for anything else. */
function octal(block: Buffer, start: number, end: number): number | undefined {
  let at = start;
  while (at < end && isBlank(block[at])) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (block[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  for (; at < end; at++) if (!isBlank(block[at])) return undefined;
  return value;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}

/** GNU's binary numbers: two's complement, big-endian, the highest bit marks them and is not part of them. */
function base256(field: Buffer): number {
  const negative = ((field[0] ?? 0) & 0x40) !== 0;
  let value = ((field[0] ?? 0) & 0x3f) - (negative ? 0x40 : 0);
  for (let i = 1; i < field.length; i++) value = value * 256 + (field[i] ?? 0);
  return value;
}

function invalid(message: string): BuildError {
  return new BuildError('E_LAYER_INVALID', message);
}
