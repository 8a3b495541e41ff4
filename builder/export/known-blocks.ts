// Compressed blocks of earlier layers, so that a layer in which one file has changed is not compressed as a
// whole. What is kept is only where a block is: in which blob, and at which place. The blob may be gone or
// damaged meanwhile; then the block counts as unknown.

import { crc32 } from 'node:zlib';
import type { BlobParts, BlobStore } from '../../cache/blob-store.ts';
import type { Table } from '../../cache/database.ts';
import { digestKey } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { DIGEST_BYTES, type Digest, digestAt, sha256 } from '../../core/digest.ts';
import type { BlockSource, KnownPieces } from '../../image/compress/compress-blocks.ts';
import {
  bufferOf,
  PLACE_BYTES,
  type Place,
  type PlaceInBlob,
  readPlace,
  writePlace,
} from './block-place.ts';

export interface KnownBlocks {
  readonly find: KnownPieces;
  /** Where the compressed form of a block of this identity was. Nothing is checked. */
  place(identity: Digest): Place | undefined;
  /** Notes the next piece of the blob that is being written, and what it was made of. */
  note(piece: { readonly length: number; readonly crc: number }, source: BlockSource): void;
  /** Notes bytes of the blob that are no block. */
  skip(length: number): void;
  /** Remembers what was noted, now that the blob is in the store. */
  keep(blob: Digest): void;
  close(): Promise<void>;
}

/** The blocks that the compressor of this name has made in this store, while one blob is written. */
export function knownBlocks({ blocks, blobs }: Store, compressor: string): KnownBlocks {
  const opened = new Map<Digest, Promise<BlobParts | undefined>>();
  const noted: { readonly key: Buffer; readonly place: PlaceInBlob }[] = [];
  let offset = 0;
  const keyOf = (identity: Digest): Buffer => digestKey(sha256(`${compressor}\0${identity}`));
  const placeOf = (identity: Digest): Place | undefined => {
    const bytes = blocks.get(keyOf(identity));
    return bytes && decodePlace(bytes);
  };
  return {
    place: placeOf,
    async find({ identity, crc, size }) {
      const place = identity && placeOf(identity);
      // What was read now must be what was compressed then.
      if (place === undefined || place.source.crc !== crc || place.source.size !== size) return;
      return readPiece(blobs, opened, place);
    },
    note({ length, crc: pieceCrc }, { identity, crc, size }) {
      if (identity !== undefined) {
        const place = { offset, length, crc: pieceCrc, source: { crc, size } };
        noted.push({ key: keyOf(identity), place });
      }
      offset += length;
    },
    skip(length) {
      offset += length;
    },
    keep(blob) {
      for (const { key, place } of noted) put(blocks, key, { blob, ...place });
    },
    async close() {
      for (const parts of await Promise.all(opened.values())) await parts?.close();
    },
  };
}

/** Forgets what a table, whose values begin with a blob's digest, says of blobs that are not among `kept`. */
export function forgetPlaces(table: Table, kept: ReadonlySet<Digest>): void {
  for (const { key, value } of table.entries()) {
    if (value.byteLength < DIGEST_BYTES || !kept.has(digestAt(value, 0))) table.delete(key);
  }
}

async function readPiece(
  blobs: BlobStore,
  opened: Map<Digest, Promise<BlobParts | undefined>>,
  { blob, offset, length, crc }: Place,
): Promise<Buffer | undefined> {
  const opening = opened.get(blob) ?? blobs.parts(blob);
  opened.set(blob, opening);
  const piece = await (await opening)?.read(offset, length);
  return piece?.length === length && crc32(piece) === crc ? piece : undefined;
}

/** The newest blob is named: it is the one that stays longest. */
function put(table: Table, key: Buffer, { blob, ...place }: Place): void {
  const bytes = Buffer.alloc(PLACE_BYTES);
  writePlace(bytes, 0, blob, place);
  table.put(key, bytes);
}

function decodePlace(bytes: Uint8Array): Place | undefined {
  if (bytes.byteLength !== PLACE_BYTES) return undefined;
  const [blob, place] = readPlace(bufferOf(bytes), 0);
  return { blob, ...place };
}
