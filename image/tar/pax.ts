// PAX extended headers (pax(1), "pax Extended Header"): records of `LENGTH KEY=VALUE\n`. A record that
// contradicts itself, another one, or the plain header is refused: archives that two parsers read
// differently smuggle entries past one of them (CVE-2025-62518).

import { BuildError } from '../../core/errors.ts';
import { nameFromBytes, nameToBytes } from '../../core/names.ts';

/** Values are bytes: extended attributes may be binary. */
export type PaxRecords = ReadonlyMap<string, Buffer>;

/** Reads the records of one extended header. Throws E_LAYER_INVALID. */
export function decodePax(bytes: Buffer): PaxRecords {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const end = at + recordLength(bytes, at);
    const start = bytes.indexOf(0x20, at) + 1;
    const equals = bytes.indexOf(0x3d, start);
    if (end > bytes.length || bytes[end - 1] !== 0x0a || equals <= start || equals >= end) {
      throw invalid('an extended header has a malformed record');
    }
    const key = nameFromBytes(bytes.subarray(start, equals));
    const value = bytes.subarray(equals + 1, end - 1);
    // Some writers say one thing twice; only two different things are a contradiction.
    if (records.get(key)?.equals(value) === false) {
      throw invalid(`an extended header says two things of ${JSON.stringify(key)}`);
    }
    records.set(key, value);
    at = end;
  }
  return records;
}

/** Returns the bytes of the records, sorted by key. */
export function encodePax(records: PaxRecords): Buffer {
  const parts: Buffer[] = [];
  for (const key of [...records.keys()].sort()) {
    const value = records.get(key) ?? Buffer.alloc(0);
    const body = Buffer.concat([nameToBytes(` ${key}=`), value, Buffer.from('\n')]);
    let length = body.length + 1;
    while (`${length}`.length + body.length !== length) length = `${length}`.length + body.length;
    parts.push(Buffer.from(`${length}`), body);
  }
  return Buffer.concat(parts);
}

/** A record's number that counts something: decimal digits, nothing else. Throws E_LAYER_INVALID. */
export function paxCount(records: PaxRecords, key: string): number | undefined {
  const text = textOf(records, key);
  if (text === undefined) return undefined;
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw malformed(key);
  return value;
}

/** A record's time in nanoseconds: decimal seconds with or without a fraction. Throws E_LAYER_INVALID. */
export function paxTime(records: PaxRecords, key: string): bigint | undefined {
  const text = textOf(records, key);
  if (text === undefined) return undefined;
  const match = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(text);
  if (match === null) throw malformed(key);
  const [, sign, seconds = '0', fraction = ''] = match;
  const nanoseconds =
    BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
  return sign === '-' ? -nanoseconds : nanoseconds;
}

/** A record without a value takes nothing from the plain header, and says nothing itself (pax(1)). */
function textOf(records: PaxRecords, key: string): string | undefined {
  return records.get(key)?.toString('latin1') || undefined;
}

/** A record's name. Throws E_LAYER_INVALID for an empty one. */
export function paxName(records: PaxRecords, key: string): string | undefined {
  const bytes = records.get(key);
  if (bytes === undefined) return undefined;
  if (bytes.length === 0) throw malformed(key);
  return nameFromBytes(bytes);
}

/** The length of a record: decimal digits without a leading zero, then a space. */
function recordLength(bytes: Buffer, at: number): number {
  const match = /^([1-9][0-9]{0,7}) /.exec(bytes.toString('latin1', at, at + 9));
  if (match === null) throw invalid('an extended header has a malformed record');
  return Number(match[1]);
}

function malformed(key: string): BuildError {
  return invalid(`an extended header has a malformed ${key}`);
}

function invalid(message: string): BuildError {
  return new BuildError('E_LAYER_INVALID', message);
}
