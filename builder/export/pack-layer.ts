// A layer's blob made by the runner (`pack` of runner-native/PROTOCOL.md): it gets the tar's headers and, for files of a
// context, where they lie; reads, hashes, compresses and writes; and says what came of it. This process decides what
// is in the layer and which blocks are known.

import { pipeline } from 'node:stream/promises';
import type { WrittenBlob } from '../../cache/blob-store.ts';
import { type Digest, parseDigest } from '../../core/digest.ts';
import type { Block } from '../../image/stream/block-cutter.ts';
import { startRunner } from '../exec/runner.ts';
import type { RunnerEvent } from '../exec/runner-protocol.ts';
import type { KnownPiece } from './block-place.ts';
import { LayerDescription } from './layer-description.ts';
import type { KnownPrefix, Resumption } from './prefix-record.ts';

export interface PackOptions {
  /** Undefined leaves the tar as it is. */
  readonly gzipLevel: number | undefined;
  /** The descriptor of the open file that the blob is written to. */
  readonly output: number;
  /** What the layer begins with: `blocks` are those that follow. Where it is not there any more, E_BLOB_CORRUPT is thrown. */
  readonly prefix?: KnownPrefix | undefined;
  /** Where the compressed form of a block of this identity is. */
  readonly known: (identity: Digest) => KnownPiece | undefined;
  readonly signal: AbortSignal;
}

/** A block as it was written. */
export interface PackedBlock {
  readonly identity: Digest | undefined;
  /** Bytes, and crc32, of what it was made of and of what was written. */
  readonly source: { readonly size: number; readonly crc: number };
  readonly piece: { readonly length: number; readonly crc: number };
  readonly isReused: boolean;
  /** Where a layer that begins as this one does up to here goes on; undefined within an entry, and in the prefix. */
  readonly resumption: Resumption | undefined;
}

export interface PackedLayer extends WrittenBlob {
  readonly diffId: Digest;
  readonly blocks: readonly PackedBlock[];
}

/** Writes the blob of a layer. Throws what `blocks` throws, E_FILE_CHANGED, E_COPY_SOURCE, E_STORE_UNUSABLE. */
export async function packLayer(
  blocks: AsyncIterable<Block>,
  { gzipLevel, output, prefix, known, signal }: PackOptions,
): Promise<PackedLayer> {
  signal.throwIfAborted();
  const words = gzipLevel === undefined ? [] : ['gzip', String(gzipLevel)];
  const own = { rung: 'root', why: '', uids: [], gids: [], signal } as const;
  const runner = startRunner('pack', own, words, output);
  runner.stderr.resume();
  const ends: BlockEnd[] = [];
  const described = describe(blocks, { prefix, known, signal }, (end) => ends.push(end));
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
  return packed(ended.value, ends);
}

function isBrokenPipe(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function packed(events: readonly RunnerEvent[], ends: readonly BlockEnd[]): PackedLayer {
  const blocks = events.flatMap((event) => (event.event === 'block' ? [event] : []));
  const done = events.at(-1);
  const diffId = done?.event === 'done' && parseDigest(`sha256:${done.diff_id}`);
  const digest = done?.event === 'done' && parseDigest(`sha256:${done.digest}`);
  const { bytes: size, crc } = done?.event === 'done' ? done : {};
  if (
    !diffId ||
    !digest ||
    size === undefined ||
    crc === undefined ||
    blocks.length !== ends.length
  )
    throw new Error('the runner did not tell what it packed');
  let tarBytes = 0;
  return {
    diffId,
    digest,
    size,
    crc,
    blocks: blocks.map((block, index) => {
      tarBytes += block.size;
      return {
        identity: ends[index]?.identity,
        resumption: resumptionBehind(block, ends[index]?.entries, tarBytes),
        source: { size: block.size, crc: block.crc },
        piece: { length: block.length, crc: block.piece_crc },
        isReused: block.reused,
      };
    }),
  };
}

function resumptionBehind(
  { tar_state: tar, blob_state: blob }: Extract<RunnerEvent, { event: 'block' }>,
  entries: number | undefined,
  tarBytes: number,
): Resumption | undefined {
  if (entries === undefined || tar === undefined || blob === undefined) return undefined;
  const [tarState, blobState] = [Buffer.from(tar, 'hex'), Buffer.from(blob, 'hex')];
  return { entries, tarBytes, tarState, blobState };
}

/** What is to be known of a block when it has been written. */
type BlockEnd = Pick<Block, 'identity' | 'entries'>;

async function* describe(
  blocks: AsyncIterable<Block>,
  { prefix, known, signal }: Pick<PackOptions, 'prefix' | 'known' | 'signal'>,
  onBlock: (end: BlockEnd) => void,
): AsyncGenerator<Buffer> {
  const description = new LayerDescription();
  if (prefix !== undefined) {
    for (const { identity } of prefix.blocks) onBlock({ identity, entries: undefined });
    description.prefix(prefix);
  }
  const before = prefix?.resumption.entries ?? 0;
  for await (const { parts, identity, entries } of blocks) {
    signal.throwIfAborted();
    onBlock({ identity, entries: entries && before + entries });
    for (const part of parts) description.part(part);
    description.endBlock(identity && known(identity));
    yield* description.take();
  }
  description.end();
  yield* description.take();
}
