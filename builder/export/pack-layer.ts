// A layer's blob made by the runner (`pack` of runner-native/PROTOCOL.md): it gets the tar's headers and, for files of a
// context, where they lie; reads, hashes, compresses and writes; and says what came of it. This process decides what
// is in the layer and which blocks are known.

import { pipeline } from 'node:stream/promises';
import { type Digest, parseDigest } from '../../core/digest.ts';
import { nameToBytes } from '../../core/names.ts';
import type { Block, BlockPart } from '../../image/stream/block-cutter.ts';
import { startRunner } from '../exec/runner.ts';
import type { RunnerEvent } from '../exec/runner-protocol.ts';
import type { Place } from './known-blocks.ts';

export interface PackOptions {
  /** Undefined leaves the tar as it is. */
  readonly gzipLevel: number | undefined;
  /** The descriptor of the open file that the blob is written to. */
  readonly output: number;
  /** Where the compressed form of a block of this identity is. */
  readonly known: (identity: Digest) => KnownPiece | undefined;
  readonly signal: AbortSignal;
}

/** A compressed block, and the file that its place is in. */
export interface KnownPiece {
  readonly path: string;
  readonly place: Place;
}

/** A block as it was written. */
export interface PackedBlock {
  readonly identity: Digest | undefined;
  /** Bytes, and crc32, of what it was made of and of what was written. */
  readonly source: { readonly size: number; readonly crc: number };
  readonly piece: { readonly length: number; readonly crc: number };
  readonly isReused: boolean;
}

export interface PackedLayer {
  readonly diffId: Digest;
  readonly digest: Digest;
  readonly size: number;
  readonly blocks: readonly PackedBlock[];
}

/** Writes the blob of a layer. Throws what `blocks` throws, E_FILE_CHANGED, E_COPY_SOURCE, E_STORE_UNUSABLE. */
export async function packLayer(
  blocks: AsyncIterable<Block>,
  { gzipLevel, output, known, signal }: PackOptions,
): Promise<PackedLayer> {
  signal.throwIfAborted();
  const words = gzipLevel === undefined ? [] : ['gzip', String(gzipLevel)];
  const own = { rung: 'root', why: '', uids: [], gids: [], signal } as const;
  const runner = startRunner('pack', own, words, output);
  runner.stderr.resume();
  const identities: (Digest | undefined)[] = [];
  const described = describe(blocks, known, (identity) => identities.push(identity), signal);
  // A runner that fails closes its end: its own error says why, the broken pipe does not.
  const [written, ended] = await Promise.allSettled([
    pipeline(described, runner.stdin).catch((error: unknown) => {
      runner.kill('SIGKILL');
      throw error;
    }),
    runner.ended,
  ]);
  if (written.status === 'rejected' && !isBrokenPipe(written.reason)) throw written.reason;
  signal.throwIfAborted();
  if (ended.status === 'rejected') throw ended.reason;
  if (written.status === 'rejected') throw written.reason;
  return packed(ended.value, identities);
}

function isBrokenPipe(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function packed(
  events: readonly RunnerEvent[],
  identities: readonly (Digest | undefined)[],
): PackedLayer {
  const blocks = events.flatMap((event) => (event.event === 'block' ? [event] : []));
  const done = events.at(-1);
  const diffId = done?.event === 'done' && parseDigest(`sha256:${done.diff_id}`);
  const digest = done?.event === 'done' && parseDigest(`sha256:${done.digest}`);
  if (!diffId || !digest || done.bytes === undefined || blocks.length !== identities.length)
    throw new Error('the runner did not tell what it packed');
  return {
    diffId,
    digest,
    size: done.bytes,
    blocks: blocks.map((block, index) => ({
      identity: identities[index],
      source: { size: block.size, crc: block.crc },
      piece: { length: block.length, crc: block.piece_crc },
      isReused: block.reused,
    })),
  };
}

/** Pieces of the description that are sent together. */
const BATCH_BYTES = 256 * 1024;

async function* describe(
  blocks: AsyncIterable<Block>,
  known: PackOptions['known'],
  onBlock: (identity: Digest | undefined) => void,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for await (const { parts, identity } of blocks) {
    signal.throwIfAborted();
    onBlock(identity);
    const piece = identity && known(identity);
    for (const item of [...parts.flatMap(describePart), piece ? describeKnown(piece) : END]) {
      batch.push(item);
      bytes += item.byteLength;
    }
    if (bytes < BATCH_BYTES) continue;
    yield Buffer.concat(batch);
    batch = [];
    bytes = 0;
  }
  yield Buffer.concat([...batch, Buffer.from('z')]);
}

const END = Buffer.from('e');

function describePart(part: BlockPart): Uint8Array[] {
  if (part instanceof Uint8Array) {
    const head = Buffer.allocUnsafe(5);
    head.write('b');
    head.writeUInt32LE(part.byteLength, 1);
    return [head, part];
  }
  const { file, offset, length } = part;
  const { dev, ino, size, mtimeNs, ctimeNs } = file.identity;
  const fields = Buffer.allocUnsafe(52);
  for (const [index, value] of [dev, ino, size].entries())
    fields.writeBigUInt64LE(value, 8 * index);
  fields.writeBigInt64LE(mtimeNs, 24);
  fields.writeBigInt64LE(ctimeNs, 32);
  fields.writeBigUInt64LE(BigInt(offset), 40);
  fields.writeUInt32LE(length, 48);
  const { digest } = file;
  return [
    ...describePath(digest === undefined ? 'f' : 'v', file.path),
    fields,
    ...(digest === undefined ? [] : [Buffer.from(digest.slice(7), 'hex')]),
  ];
}

function describeKnown({ path, place }: KnownPiece): Buffer {
  const fields = Buffer.allocUnsafe(24);
  fields.writeBigUInt64LE(BigInt(place.offset), 0);
  const rest = [place.length, place.crc, place.source.size, place.source.crc];
  for (const [index, value] of rest.entries()) fields.writeUInt32LE(value, 8 + 4 * index);
  return Buffer.concat([...describePath('k', path), fields]);
}

function describePath(kind: string, path: string): Buffer[] {
  const bytes = nameToBytes(path);
  const head = Buffer.allocUnsafe(3);
  head.write(kind);
  head.writeUInt16LE(bytes.byteLength, 1);
  return [head, bytes];
}
