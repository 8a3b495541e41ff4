// Remembers which blob holds a layer's compressed tar, so that no layer is written or compressed twice.

import { digestKey } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { digestOf } from '../../core/canonical.ts';
import { type Digest, parseDigest } from '../../core/digest.ts';
import { compressorName } from '../../image/compress/gzip.ts';

export interface LayerBlob {
  /** Of the uncompressed tar. */
  readonly diffId: Digest;
  /** Of the compressed blob. */
  readonly digest: Digest;
  /** Bytes of the compressed blob. */
  readonly size: number;
}

/** The blob of a layer by today's compressor, or undefined where there is none or it is gone from the store. */
export async function findLayerBlob(store: Store, layer: Digest): Promise<LayerBlob | undefined> {
  const bytes = store.layerBlobs.get(blobKey(layer));
  const blob = bytes && (JSON.parse(Buffer.from(bytes).toString('utf8')) as LayerBlob);
  if (blob === undefined || parseDigest(blob.digest) === undefined) return undefined;
  return (await store.blobs.has(blob.digest)) === blob.size ? blob : undefined;
}

/** Remembers a blob that is in the store. */
export function rememberLayerBlob(store: Store, layer: Digest, blob: LayerBlob): void {
  store.layerBlobs.put(blobKey(layer), Buffer.from(JSON.stringify(blob)));
}

function blobKey(layer: Digest): Buffer {
  return digestKey(digestOf('slipway-layer-blob/1', [layer, compressorName()]));
}
