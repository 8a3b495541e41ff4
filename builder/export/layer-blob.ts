// The compressed blob of a layer: written, hashed and compressed in one pass, once.

import type { Store } from '../../cache/store.ts';
import { digestOf } from '../../core/canonical.ts';
import { type Digest, finishDigest, startDigest } from '../../core/digest.ts';
import type { BlockCompressor } from '../../image/compress/block-compressor.ts';
import { compressBlocks } from '../../image/compress/compress-blocks.ts';
import { decompressLayer } from '../../image/compress/decompress.ts';
import type { Entry } from '../../image/entry.ts';
import { layerId } from '../../image/layer-list.ts';
import type { Descriptor } from '../../image/model.ts';
import { type Block, blocksOf } from '../../image/stream/block-cutter.ts';
import { writeLayerBlocks } from '../../image/tar/writer.ts';
import type { LayerOrigin, SnapshotLayer } from '../snapshot.ts';
import { knownBlocks } from './known-blocks.ts';
import { findLayerBlob, type LayerBlob, rememberLayerBlob } from './layer-blob-record.ts';

export interface ExportedLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

export interface LayerExport {
  readonly store: Store;
  readonly compressor: BlockCompressor;
  /** Base layers are compressed anew where they are compressed in another way. */
  readonly force: boolean;
  /** Seconds: the newest time that an own layer may hold; undefined keeps the times. */
  readonly epoch: number | undefined;
  readonly signal: AbortSignal;
}

/** Returns the layer's blob, which is then in the store. Throws what reading the layer throws. */
export async function exportLayer(
  options: LayerExport,
  layer: SnapshotLayer,
): Promise<ExportedLayer> {
  const { compressor } = options;
  const { diffId, digest, size } =
    layer.origin === undefined
      ? await ownBlob(options, layer)
      : await baseBlob(options, layer.origin);
  const isKept = layer.origin?.descriptor.digest === digest;
  const mediaType = isKept ? layer.origin.descriptor.mediaType : compressor.mediaType;
  return { diffId, descriptor: { mediaType, digest, size } };
}

async function ownBlob(options: LayerExport, layer: SnapshotLayer): Promise<LayerBlob> {
  const { store, compressor, epoch } = options;
  const find = (id: Digest): Promise<LayerBlob | undefined> => findLayerBlob(store, id, compressor);
  // A large layer's entries take long to read: not where its name is enough.
  const known = epoch === undefined ? await find(layer.id) : undefined;
  if (known !== undefined) return known;
  const entries = clamped(layer.entries(), epoch);
  const id = epoch === undefined ? layer.id : layerId(entries);
  return (
    (await find(id)) ?? (await writeBlob(options, id, writeLayerBlocks(entries, layer.contents)))
  );
}

/** The base image's own bytes, unless another compression is forced on them. */
async function baseBlob(options: LayerExport, origin: LayerOrigin): Promise<LayerBlob> {
  const { store, compressor, force } = options;
  const { descriptor, diffId } = origin;
  const { digest, size, mediaType } = descriptor;
  if (force && compressionOf(mediaType) !== compressionOf(compressor.mediaType)) {
    const id = digestOf('slipway-base-layer/1', diffId);
    const known = await findLayerBlob(store, id, compressor);
    return known ?? (await writeBlob(options, id, blocksOf(decompressLayer(origin.open()))));
  }
  if ((await store.blobs.has(digest)) !== size) await drain(origin.open());
  return { diffId, digest, size };
}

function compressionOf(mediaType: string): string {
  return /[.+](gzip|zstd)$/.exec(mediaType)?.[1] ?? '';
}

async function writeBlob(
  { store, compressor, signal }: LayerExport,
  id: Digest,
  blocks: AsyncIterable<Block>,
): Promise<LayerBlob> {
  const tarHash = startDigest();
  const hashed = onEach(blocks, ({ bytes }) => {
    signal.throwIfAborted();
    tarHash.update(bytes);
  });
  const known = knownBlocks(store, compressor.name);
  try {
    const pieces = compressBlocks(hashed, compressor, known.find);
    const { digest, size } = await store.blobs.put(
      bytesOf(onEach(pieces, ({ bytes, source }) => known.note(bytes, source))),
    );
    const blob = { diffId: finishDigest(tarHash), digest, size };
    known.keep(digest);
    rememberLayerBlob(store, id, compressor, blob);
    return blob;
  } finally {
    await known.close();
  }
}

function clamped(entries: Iterable<Entry>, epoch: number | undefined): Iterable<Entry> {
  if (epoch === undefined) return entries;
  const newest = BigInt(epoch) * 1_000_000_000n;
  return {
    *[Symbol.iterator]() {
      for (const entry of entries) yield entry.mtime > newest ? { ...entry, mtime: newest } : entry;
    },
  };
}

async function* onEach<T>(items: AsyncIterable<T>, look: (item: T) => void): AsyncIterable<T> {
  for await (const item of items) {
    look(item);
    yield item;
  }
}

async function* bytesOf(
  pieces: AsyncIterable<{ readonly bytes: Uint8Array }>,
): AsyncIterable<Uint8Array> {
  for await (const { bytes } of pieces) yield bytes;
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}
