// A tar that slipway's own writer made of a list of entries, as the runner's entry stream of that list. The tar gives the
// contents and the list everything else: a tar has whole seconds, and the times of a layer are those of its list.

import { BuildError } from '../../core/errors.ts';
import type { Entry } from '../entry.ts';
import { END_OF_ENTRIES, encodeEntryHeader } from '../entry-stream.ts';
import { Batch } from '../stream/batch.ts';
import { readLayerTar } from './reader.ts';

/** Yields the stream, its end entry included. Throws E_STORE_CORRUPT where the tar is of other entries, and as `readLayerTar` does. */
export async function* ownTarToEntryStream(
  entries: Iterable<Entry>,
  tar: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const batch = new Batch();
  const expected = entries[Symbol.iterator]();
  for await (const { entry: found, chunks } of readLayerTar(tar)) {
    const { value: entry } = expected.next() as IteratorResult<Entry, undefined>;
    const isSame = entry?.path === found.path && entry.type === found.type;
    if (entry === undefined || !isSame || entry.size !== found.size) throw otherTar(found.path);
    for (const chunk of batch.add(encodeEntryHeader(entry))) yield chunk;
    for await (const piece of chunks) for (const chunk of batch.add(piece)) yield chunk;
  }
  const { done, value: missing } = expected.next();
  if (done !== true) throw otherTar(missing.path);
  for (const chunk of batch.add(END_OF_ENTRIES)) yield chunk;
  for (const chunk of batch.end()) yield chunk;
}

function otherTar(path: string): BuildError {
  return new BuildError('E_STORE_CORRUPT', `a layer's tar does not hold ${path} as recorded`, {
    hint: 'slipway cache verify finds what else is not as recorded; build again with --no-cache',
  });
}
