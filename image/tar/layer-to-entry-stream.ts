// A layer's tar as the runner's entry stream, to fill a folder with it. The runner writes what it is told
// in the order in which it is told; here the order is made safe for that: no entry lies below
// something that is no directory, and removals come last, once it is known what they remove.

import type { Entry } from '../entry.ts';
import { END_OF_ENTRIES, encodeEntryHeader } from '../entry-stream.ts';
import { Batch } from '../stream/batch.ts';
import { MAX_PATHS } from '../tree/layer-index.ts';
import { LayerPaths } from '../tree/layer-paths.ts';
import { settleRemovals } from '../tree/layer-removals.ts';
import { type ReadOptions, readLayerTar } from './reader.ts';

export interface EntryStreamOptions extends ReadOptions {
  /**
   * The `dir` entry for a directory that the tar only implies: its metadata in the tree that the layer makes. On
   * overlayfs a directory's metadata comes from the uppermost folder that has it, so it must be right there too.
   */
  readonly impliedDirectory: (path: string) => Entry;
}

/** Yields the layer as an entry stream, its end entry included. Throws as `indexLayer` does. */
export async function* layerToEntryStream(
  chunks: AsyncIterable<Uint8Array>,
  options: EntryStreamOptions,
): AsyncGenerator<Uint8Array> {
  const batch = new Batch();
  const paths = new LayerPaths(MAX_PATHS);
  const removals: Entry[] = [];
  function* headers(implied: readonly string[], entries: readonly Entry[]): Generator<Uint8Array> {
    for (const path of implied) yield* batch.add(encodeEntryHeader(options.impliedDirectory(path)));
    for (const entry of entries) yield* batch.add(encodeEntryHeader(entry));
  }

  for await (const { entry, chunks: content } of readLayerTar(chunks, options)) {
    if (entry.type === 'whiteout' || entry.type === 'opaque') {
      removals.push(entry);
      continue;
    }
    // An archive that has a file twice may name it as a link to itself: nothing to do.
    if (entry.type === 'hardlink' && entry.link === entry.path) continue;
    const implied = paths.place(entry.path, entry.type === 'dir');
    for (const chunk of headers(implied, [entry])) yield chunk;
    const small = content.takeBuffered();
    if (small !== undefined) for (const chunk of batch.add(small)) yield chunk;
    else for await (const piece of content) for (const chunk of batch.add(piece)) yield chunk;
  }
  const settled = settleRemovals(removals, paths);
  for (const chunk of headers(settled.implied, settled.entries)) yield chunk;
  for (const chunk of batch.add(END_OF_ENTRIES)) yield chunk;
  for (const chunk of batch.end()) yield chunk;
}
