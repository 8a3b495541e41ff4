// What is remembered of one chunk of a layer's list: which blocks end in it, in which blob they are, and where to go on
// behind the last of them. It is believed without another look at the bytes, so it carries a digest of itself and
// of the key that it is under: a record that anything has changed is none.

import { type Digest, digestAt, finishDigest, hexOf, startDigest } from '../../core/digest.ts';
import {
  bufferOf,
  type KnownPiece,
  PLACE_BYTES,
  type PlaceInBlob,
  readPlace,
  writePlace,
} from './block-place.ts';

/** A block of a blob, and what tells what it is made of. */
export interface PrefixBlock {
  readonly identity: Digest;
  readonly place: PlaceInBlob;
}

/** Where a layer goes on behind a block. */
export interface Resumption {
  /** How many entries, and how many bytes of the tar, are before it. */
  readonly entries: number;
  readonly tarBytes: number;
  /** The states of sha256, as the runner told them, of the tar and of the blob. */
  readonly tarState: Uint8Array;
  readonly blobState: Uint8Array;
}

/** What an earlier layer has in common with the beginning of one. */
export interface KnownPrefix {
  readonly blocks: readonly (KnownPiece & { readonly identity: Digest })[];
  /** Where the layer goes on. */
  readonly resumption: Resumption;
}

export interface PrefixRecord {
  readonly blob: Digest;
  /** Those that end in this chunk of the list, up to the last one behind which a layer can go on. */
  readonly blocks: readonly PrefixBlock[];
  /** Undefined where `blocks` is empty. */
  readonly resumption: Resumption | undefined;
}

const STATE_BYTES = 32;
const HEAD_BYTES = 32 + 4;
const RESUMPTION_BYTES = 6 + 6 + 2 * STATE_BYTES;
const CHECK_BYTES = 32;

/** The blob's digest comes first, as `forgetPlaces` wants it. */
export function encodePrefix(key: Uint8Array, record: PrefixRecord): Buffer {
  const { blob, blocks, resumption } = record;
  const length = HEAD_BYTES + blocks.length * PLACE_BYTES + (resumption ? RESUMPTION_BYTES : 0);
  const bytes = Buffer.alloc(length + CHECK_BYTES);
  bytes.write(hexOf(blob), 'hex');
  let at = bytes.writeUInt32BE(blocks.length, 32);
  for (const { identity, place } of blocks) at = writePlace(bytes, at, identity, place);
  if (resumption !== undefined) {
    at = bytes.writeUIntBE(resumption.entries, at, 6);
    at = bytes.writeUIntBE(resumption.tarBytes, at, 6);
    bytes.set(resumption.tarState, at);
    bytes.set(resumption.blobState, at + STATE_BYTES);
  }
  bytes.write(hexOf(checkOf(key, bytes.subarray(0, length))), length, 'hex');
  return bytes;
}

/** The record that `encodePrefix` made for this key; undefined where these bytes are anything else. */
export function decodePrefix(key: Uint8Array, value: Uint8Array): PrefixRecord | undefined {
  const bytes = bufferOf(value);
  const length = bytes.length - CHECK_BYTES;
  if (length < HEAD_BYTES) return undefined;
  if (checkOf(key, bytes.subarray(0, length)) !== digestAt(bytes, length)) return undefined;
  const end = HEAD_BYTES + bytes.readUInt32BE(32) * PLACE_BYTES;
  const blocks: PrefixBlock[] = [];
  for (let at = HEAD_BYTES; at < end; at += PLACE_BYTES) {
    const [identity, place] = readPlace(bytes, at);
    blocks.push({ identity, place });
  }
  const resumption = end < length ? readResumption(bytes, end) : undefined;
  return { blob: digestAt(bytes, 0), blocks, resumption };
}

function readResumption(bytes: Buffer, at: number): Resumption {
  const [tar, blob] = [at + 12, at + 12 + STATE_BYTES];
  return {
    entries: bytes.readUIntBE(at, 6),
    tarBytes: bytes.readUIntBE(at + 6, 6),
    tarState: bytes.subarray(tar, tar + STATE_BYTES),
    blobState: bytes.subarray(blob, blob + STATE_BYTES),
  };
}

function checkOf(key: Uint8Array, body: Uint8Array): Digest {
  const hash = startDigest();
  hash.update(key);
  hash.update(body);
  return finishDigest(hash);
}
