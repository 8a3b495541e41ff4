// Contents of layers in memory, and whole streams as one buffer.

import type { Entry } from '../../image/entry.ts';
import type { LayerContents } from '../../image/layer.ts';

/** Contents as `file()` of entries.ts makes them: the text given for a path, else the path itself. */
export function contentsOf(
  texts: Readonly<Record<string, string | Uint8Array>> = {},
): LayerContents {
  return {
    async *read(files: readonly Entry[]) {
      for (const entry of files) {
        yield { entry, chunks: chunksOf(Buffer.from(texts[entry.path] ?? entry.path)) };
      }
    },
  };
}

/** The bytes as a stream of chunks of `size` bytes. */
export async function* chunksOf(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}
