// Where a compressed block is, as the database has it: 54 bytes, behind a digest.

import { type Digest, digestAt, hexOf } from '../../core/digest.ts';

/** A compressed block in a blob that is said elsewhere. */
export interface PlaceInBlob {
  readonly offset: number;
  /** Bytes, and the crc32 of them. */
  readonly length: number;
  readonly crc: number;
  /** Of what it was made of. */
  readonly source: { readonly size: number; readonly crc: number };
}

/** A compressed block in a blob. */
export interface Place extends PlaceInBlob {
  readonly blob: Digest;
}

/** A compressed block, and the file that its place is in. */
export interface KnownPiece {
  readonly path: string;
  readonly place: Place;
}

export const PLACE_BYTES = 32 + 6 + 4 * 4;

/** Writes a place and what it is of, or in, and returns where it ends. */
export function writePlace(
  bytes: Buffer,
  start: number,
  digest: Digest,
  place: PlaceInBlob,
): number {
  const { offset, length, crc, source } = place;
  let at = start + bytes.write(hexOf(digest), start, 'hex');
  at = bytes.writeUIntBE(offset, at, 6);
  for (const value of [length, crc, source.size, source.crc]) at = bytes.writeUInt32BE(value, at);
  return at;
}

/** What `writePlace` wrote. */
export function readPlace(bytes: Buffer, start: number): readonly [Digest, PlaceInBlob] {
  const number = (i: number): number => bytes.readUInt32BE(start + 38 + 4 * i);
  const place = {
    offset: bytes.readUIntBE(start + 32, 6),
    length: number(0),
    crc: number(1),
    source: { size: number(2), crc: number(3) },
  };
  return [digestAt(bytes, start), place];
}

/** A view of the same bytes. */
export function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
