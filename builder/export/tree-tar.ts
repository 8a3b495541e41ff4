// `type=tar`: the file system of a snapshot as one tar.

import { withoutRoot } from '../../image/changed-entries.ts';
import type { Entry } from '../../image/entry.ts';
import { writeLayerTar } from '../../image/tar/writer.ts';
import type { CopySource } from '../copy/source.ts';

/** Yields the tar of everything in `source`. */
export async function* treeTar(source: CopySource): AsyncIterable<Uint8Array> {
  const entries = await source.walk({ path: '', isDirectory: true });
  yield* writeLayerTar(withoutRoot(entries), {
    read: (files: readonly Entry[]) =>
      source.read(files.map((entry) => ({ path: entry.path, entry }))),
  });
}
