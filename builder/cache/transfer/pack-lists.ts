// Many small byte strings in one blob: the length of each in four bytes, little-endian, and then itself.

import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { BuildError } from '../../../core/errors.ts';
import { decompressLayer } from '../../../image/compress/decompress.ts';
import { ChunkReader } from '../../../image/stream/chunk-reader.ts';

/** A chunk of a list has 64 KiB; what names the chunks of a layer with two million paths has a few MiB. */
const MAX_LENGTH = 64 << 20;
/** More than a store holds; bounds what a few compressed bytes can cost. */
const MAX_ITEMS = 10_000_000;

/** Yields `items` as one gzipped blob. */
export async function* packLists(items: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* Readable.from(framed(items)).pipe(createGzip()) as AsyncIterable<Uint8Array>;
}

function* framed(items: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const item of items) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(item.byteLength);
    yield length;
    yield item;
  }
}

/** Yields what `packLists` packed. Throws E_CACHE_ARCHIVE for anything else, and as `decompressLayer` does. */
export async function* unpackLists(
  chunks: AsyncIterable<Uint8Array>,
  place: string,
): AsyncGenerator<Uint8Array> {
  const reader = new ChunkReader(decompressLayer(chunks));
  try {
    for (let items = 0; await reader.fill(1); items++) {
      if (!(await reader.fill(4))) throw wrong(place);
      const length = reader.take(4).readUInt32LE();
      // Nothing that is packed is empty, so that zeros are no million items.
      if (length === 0 || length > MAX_LENGTH || items > MAX_ITEMS) throw wrong(place);
      if (!(await reader.fill(length))) throw wrong(place);
      yield reader.take(length);
    }
  } finally {
    await reader.cancel();
  }
}

function wrong(place: string): BuildError {
  return new BuildError('E_CACHE_ARCHIVE', `the lists of ${place} are cut short or malformed`);
}
