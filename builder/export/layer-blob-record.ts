// Remembers which blob holds a layer's compressed tar, so that no layer is written or compressed twice.

import { digestKey } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { digestOf } from '../../core/canonical.ts';
import { type Digest, parseDigest } from '../../core/digest.ts';
import type { Compressor } from '../../image/compress/compressor.ts';

export interface LayerBlob {
  /** Of the uncompressed tar. */
  readonly diffId: Digest;
  /** Of the compressed blob. */
  readonly digest: Digest;
  /** Bytes of the compressed blob. */
  readonly size: number;
}

/** The blob that the compressor made of a layer, or undefined where there is none or it is gone from the store. */
export async function findLayerBlob(
  store: Store,
  layer: Digest,
  compressor: Compressor,
): Promise<LayerBlob | undefined> {
  return blobUnder(store, recordKey(layer, compressor.name));
}

/** A blob of a layer by whichever compressor made the last one, or undefined. */
export async function findAnyLayerBlob(
  store: Store,
  layer: Digest,
): Promise<LayerBlob | undefined> {
  return blobUnder(store, recordKey(layer, ''));
}

/** Remembers a blob that is in the store; an undefined compressor is one that is not known here. */
export function rememberLayerBlob(
  store: Store,
  layer: Digest,
  compressor: Compressor | undefined,
  blob: LayerBlob,
): void {
  const bytes = Buffer.from(JSON.stringify(blob));
  for (const name of compressor === undefined ? [''] : [compressor.name, ''])
    store.layerBlobs.put(recordKey(layer, name), bytes);
}

async function blobUnder(store: Store, key: Buffer): Promise<LayerBlob | undefined> {
  const bytes = store.layerBlobs.get(key);
  const blob = bytes && (JSON.parse(Buffer.from(bytes).toString('utf8')) as LayerBlob);
  if (blob === undefined || parseDigest(blob.digest) === undefined) return undefined;
  return (await store.blobs.has(blob.digest)) === blob.size ? blob : undefined;
}

function recordKey(layer: Digest, compressor: string): Buffer {
  return digestKey(digestOf('slipway-layer-blob/1', [layer, compressor]));
}
