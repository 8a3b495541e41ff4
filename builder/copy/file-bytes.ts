// The bytes of one file of a source.

import type { CopySource, SourceFile } from './source.ts';

/** Yields the content of `file`. Throws what the source throws where it is not what its entry says. */
export async function* fileBytes(source: CopySource, file: SourceFile): AsyncGenerator<Uint8Array> {
  for await (const { chunks } of source.read([file])) yield* chunks;
}
