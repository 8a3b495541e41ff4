// The compressed blob of a layer: written, hashed and compressed in one pass, once.

import { crc32 } from 'node:zlib';
import type { Store } from '../../cache/store.ts';
import { digestOf } from '../../core/canonical.ts';
import { type Digest, finishDigest, startDigest } from '../../core/digest.ts';
import type { EventSink } from '../../core/events.ts';
import { changedEntries } from '../../image/changed-entries.ts';
import { type CompressedPiece, compressBlocks } from '../../image/compress/compress-blocks.ts';
import type { Compressor, NodeCompressor } from '../../image/compress/compressor.ts';
import { decompressLayer } from '../../image/compress/decompress.ts';
import type { Entry } from '../../image/entry.ts';
import { nameEntries } from '../../image/layer-list.ts';
import type { Descriptor } from '../../image/model.ts';
import { type Block, blocksOf } from '../../image/stream/block-cutter.ts';
import { writeLayerBlocks } from '../../image/tar/writer.ts';
import type { PackRunners } from '../exec/pack-runners.ts';
import type { LayerOrigin, SnapshotLayer } from '../snapshot.ts';
import { type KnownBlocks, knownBlocks } from './known-blocks.ts';
import { findLayerBlob, type LayerBlob, rememberLayerBlob } from './layer-blob-record.ts';
import { type BlobSource, type Written, writeByRunner } from './write-by-runner.ts';

export interface ExportedLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

export interface LayerExport {
  readonly store: Store;
  readonly compressor: Compressor;
  /** Base layers are compressed anew where they are compressed in another way. */
  readonly force: boolean;
  /** Seconds: the newest time that an own layer may hold; undefined keeps the times. */
  readonly epoch: number | undefined;
  readonly runners: PackRunners;
  readonly signal: AbortSignal;
  readonly events: EventSink;
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
  const list = layer.entries();
  const { id, chunks } =
    epoch === undefined ? { id: layer.id, chunks: list.chunks } : nameEntries(clamped(list, epoch));
  const blocks = (start: number): AsyncIterable<Block> =>
    writeLayerBlocks(clamped(list.after(start), epoch), layer.contents, formFor(compressor));
  return (await find(id)) ?? (await writeBlob(options, id, { chunks, blocks }));
}

/** The base image's own bytes, unless another compression is forced on them. */
async function baseBlob(options: LayerExport, origin: LayerOrigin): Promise<LayerBlob> {
  const { store, compressor, force } = options;
  const { descriptor, diffId } = origin;
  const { digest, size, mediaType } = descriptor;
  if (force && compressionOf(mediaType) !== compressionOf(compressor.mediaType)) {
    const id = digestOf('slipway-base-layer/1', diffId);
    const known = await findLayerBlob(store, id, compressor);
    const blocks = (): AsyncIterable<Block> => blocksOf(decompressLayer(origin.open()));
    return known ?? (await writeBlob(options, id, { chunks: [], blocks }));
  }
  if ((await store.blobs.has(digest)) !== size) await drain(origin.open());
  return { diffId, digest, size };
}

/** The runner reads files where they lie. */
function formFor({ by }: Compressor): 'bytes' | 'files' {
  return by === 'runner' ? 'files' : 'bytes';
}

function compressionOf(mediaType: string): string {
  return /[.+](gzip|zstd)$/.exec(mediaType)?.[1] ?? '';
}

async function writeBlob(options: LayerExport, id: Digest, layer: BlobSource): Promise<LayerBlob> {
  const { store, compressor, events } = options;
  const started = performance.now();
  const known = knownBlocks(store, compressor.name);
  try {
    const { blob, counts } =
      compressor.by === 'runner'
        ? await writeByRunner(options, compressor, known, layer)
        : await writeHere(options, compressor, known, layer.blocks(0));
    known.keep(blob.digest);
    rememberLayerBlob(store, id, compressor, blob);
    const ms = Math.round(performance.now() - started);
    events({ event: 'layer', diffId: blob.diffId, digest: blob.digest, ...counts, ms });
    return blob;
  } finally {
    await known.close();
  }
}

async function writeHere(
  { store, signal }: LayerExport,
  compressor: NodeCompressor,
  known: KnownBlocks,
  blocks: AsyncIterable<Block>,
): Promise<Written> {
  const tarHash = startDigest();
  const counts = { blocks: 0, reused: 0 };
  const onBytes = (bytes: Uint8Array): void => {
    signal.throwIfAborted();
    tarHash.update(bytes);
  };
  const pieces = compressBlocks(blocks, compressor, onBytes, known.find);
  const { digest, size } = await store.blobs.put(
    bytesOf(pieces, ({ bytes, source, isReused }) => {
      known.note({ length: bytes.byteLength, crc: crc32(bytes) }, source);
      counts.blocks++;
      if (isReused) counts.reused++;
    }),
  );
  return { blob: { diffId: finishDigest(tarHash), digest, size }, counts };
}

function clamped(entries: Iterable<Entry>, epoch: number | undefined): Iterable<Entry> {
  if (epoch === undefined) return entries;
  const newest = BigInt(epoch) * 1_000_000_000n;
  return changedEntries(entries, (entry) =>
    entry.mtime > newest ? { ...entry, mtime: newest } : entry,
  );
}

async function* bytesOf(
  pieces: AsyncIterable<CompressedPiece>,
  look: (piece: CompressedPiece) => void,
): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) {
    look(piece);
    yield piece.bytes;
  }
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}
