// One pass over a layer's tar: what is in it, and what it is called.

import { type Digest, finishDigest, startDigest } from '../../core/digest.ts';
import { digestChunks } from '../digest-chunks.ts';
import type { Entry } from '../entry.ts';
import { LayerIndex } from '../tree/layer-index.ts';
import { type ReadOptions, readLayerTar } from './reader.ts';

export interface IndexedLayer {
  /** In canonical order, with the digests of files. */
  readonly entries: readonly Entry[];
  /** The sha256 of the tar's bytes. Whoever was promised one compares. */
  readonly diffId: Digest;
  /** Bytes of the tar. */
  readonly uncompressedSize: number;
}

/** Reads an uncompressed tar to its end. Throws as `readLayerTar` does, and E_LAYER_INVALID for entries that contradict each other. */
export async function indexLayer(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): Promise<IndexedLayer> {
  const index = new LayerIndex();
  const whole = startDigest();
  let uncompressedSize = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      whole.update(chunk);
      uncompressedSize += chunk.byteLength;
      yield chunk;
    }
  }
  for await (const { entry, chunks: content } of readLayerTar(counted(), options)) {
    index.add(entry.type === 'file' ? { ...entry, digest: await digestChunks(content) } : entry);
  }
  return { entries: index.finish(), diffId: finishDigest(whole), uncompressedSize };
}
