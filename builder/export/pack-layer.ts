// A layer's blob made by the runner (`pack` of runner-native/PROTOCOL.md): it gets the tar's headers and, for files of a
// context, where they lie; reads, hashes, compresses and writes; and says what came of it. This process decides what
// is in the layer and which blocks are known.

import type { WrittenBlob } from '../../cache/blob-store.ts';
import { type Digest, parseDigest } from '../../core/digest.ts';
import type { Block } from '../../image/stream/block-cutter.ts';
import type { PackRunner } from '../exec/pack-runners.ts';
import type { RunnerEvent } from '../exec/runner-protocol.ts';
import type { KnownPiece } from './block-place.ts';
import { LayerDescription } from './layer-description.ts';
import type { KnownPrefix, Resumption } from './prefix-record.ts';

export interface PackOptions {
  /** Undefined leaves the tar as it is. */
  readonly gzipLevel: number | undefined;
  /** The path of the file that the blob is written to, which is there. */
  readonly output: string;
  /** What the layer begins with: `blocks` are those that follow. Where it is not there any more, E_BLOB_CORRUPT is thrown. */
  readonly prefix?: KnownPrefix | undefined;
  /** Where the compressed form of a block of this identity is. */
  readonly known: (identity: Digest) => KnownPiece | undefined;
  readonly runner: PackRunner;
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
  options: PackOptions,
): Promise<PackedLayer> {
  const { runner, signal } = options;
  signal.throwIfAborted();
  const ends: BlockEnd[] = [];
  const described = describe(blocks, options, (end) => ends.push(end));
  const events = await runner.pack(described).catch((error: unknown) => {
    // Who is stopped is told so, and not that the runner is gone.
    signal.throwIfAborted();
    throw error;
  });
  return packed(events, ends);
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
  { gzipLevel, output, prefix, known, signal }: PackOptions,
  onBlock: (end: BlockEnd) => void,
): AsyncGenerator<Buffer> {
  const description = new LayerDescription(output, gzipLevel);
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
