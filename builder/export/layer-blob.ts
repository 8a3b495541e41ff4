// The compressed blob of a layer that slipway made: written, hashed and compressed in one pass, once.

import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { finishDigest, startDigest } from '../../core/digest.ts';
import { gzipBlocks } from '../../image/compress/gzip.ts';
import type { Entry } from '../../image/entry.ts';
import { layerId } from '../../image/layer-id.ts';
import { type Descriptor, MEDIA } from '../../image/model.ts';
import { writeLayerTar } from '../../image/tar/writer.ts';
import type { SnapshotLayer } from '../snapshot.ts';
import { findLayerBlob, rememberLayerBlob } from './layer-blob-record.ts';

export interface ExportedLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

/**
 * Returns the layer's blob, which is then in the store. Base layers are never rewritten. `epoch`
 * (seconds) is the newest time that an own layer may hold; undefined keeps the times.
 */
export async function exportLayer(
  store: Store,
  layer: SnapshotLayer,
  epoch: number | undefined,
  signal: AbortSignal,
): Promise<ExportedLayer> {
  if (layer.origin !== undefined) {
    const { descriptor, diffId } = layer.origin;
    if ((await store.blobs.has(descriptor.digest)) !== descriptor.size)
      await drain(layer.origin.open());
    return { descriptor, diffId };
  }
  const entries = clamped(await layer.entries(), epoch);
  const id = epoch === undefined ? layer.id : layerId(entries);
  const known = await findLayerBlob(store, id);
  if (known !== undefined) return described(known);
  const tarHash = startDigest();
  const tar = hashing(writeLayerTar(entries, layer.contents), (chunk) => {
    signal.throwIfAborted();
    tarHash.update(chunk);
  });
  const { digest, size } = await store.blobs.put(gzipBlocks(tar));
  const blob = { diffId: finishDigest(tarHash), digest, size };
  rememberLayerBlob(store, id, blob);
  return described(blob);
}

function described(blob: {
  readonly diffId: Digest;
  readonly digest: Digest;
  readonly size: number;
}) {
  const { diffId, digest, size } = blob;
  return { diffId, descriptor: { mediaType: MEDIA.ociLayerGzip, digest, size } };
}

function clamped(entries: readonly Entry[], epoch: number | undefined): readonly Entry[] {
  if (epoch === undefined) return entries;
  const newest = BigInt(epoch) * 1_000_000_000n;
  return entries.map((entry) => (entry.mtime > newest ? { ...entry, mtime: newest } : entry));
}

async function* hashing(
  chunks: AsyncIterable<Uint8Array>,
  update: (chunk: Uint8Array) => void,
): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    update(chunk);
    yield chunk;
  }
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}
