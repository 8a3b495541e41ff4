// The blob of a layer, where the runner makes it: with what is known of how it begins, and of its blocks.

import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { isBuildError } from '../../core/errors.ts';
import type { RunnerCompressor } from '../../image/compress/compressor.ts';
import type { ListChunk } from '../../image/layer.ts';
import type { Block } from '../../image/stream/block-cutter.ts';
import type { PackRunners } from '../exec/pack-runners.ts';
import type { KnownPiece } from './block-place.ts';
import type { KnownBlocks } from './known-blocks.ts';
import { prefixesOf } from './known-prefix.ts';
import type { LayerBlob } from './layer-blob-record.ts';
import { type PackedLayer, packLayer } from './pack-layer.ts';
import type { KnownPrefix } from './prefix-record.ts';

/** What a blob is made of. */
export interface BlobSource {
  /** What the layer's list consists of; none where it has no list. */
  readonly chunks: readonly ListChunk[];
  /** The blocks of the layer's tar from an entry on that begins one. May be asked for again. */
  blocks(firstEntry: number): AsyncIterable<Block>;
}

export interface RunnerOptions {
  readonly store: Store;
  readonly runners: PackRunners;
  readonly signal: AbortSignal;
}

export interface Written {
  readonly blob: LayerBlob;
  readonly counts: { readonly blocks: number; readonly reused: number };
}

/** What the runner writes before the first block of a gzip blob. */
const GZIP_HEADER_BYTES = 10;

/** Writes the layer's blob into the store, and notes its blocks. Throws as `packLayer` does, but no E_BLOB_CORRUPT of what is known. */
export async function writeByRunner(
  { store, runners, signal }: RunnerOptions,
  { name, gzipLevel }: RunnerCompressor,
  known: KnownBlocks,
  layer: BlobSource,
): Promise<Written> {
  const find = (identity: Digest): KnownPiece | undefined => {
    const place = known.place(identity);
    return place && { path: store.blobs.pathOf(place.blob), place };
  };
  const write = (prefix: KnownPrefix | undefined): Promise<PackedLayer> =>
    runners.use(async (runner) => {
      let packed: PackedLayer | undefined;
      await store.blobs.putBy(async (_, output) => {
        const blocks = layer.blocks(prefix?.resumption.entries ?? 0);
        const options = { gzipLevel, output, prefix, known: find, runner, signal };
        packed = await packLayer(blocks, options);
        return packed;
      });
      if (packed === undefined) throw new Error('nothing was packed');
      return packed;
    });
  const prefixes = prefixesOf(store, name, layer.chunks);
  const prefix = await prefixes.find();
  const packed = await write(prefix).catch((error: unknown) => {
    if (prefix === undefined || !isBuildError(error) || error.code !== 'E_BLOB_CORRUPT')
      throw error;
    prefixes.forget();
    return write(undefined);
  });
  const { diffId, digest, size, blocks } = packed;
  const head = gzipLevel === undefined ? 0 : GZIP_HEADER_BYTES;
  prefixes.keep(digest, head, blocks);
  if (gzipLevel !== undefined) {
    known.skip(head);
    for (const { identity, source, piece } of blocks) known.note(piece, { identity, ...source });
  }
  const reused = blocks.filter(({ isReused }) => isReused).length;
  return { blob: { diffId, digest, size }, counts: { blocks: blocks.length, reused } };
}
