// Heredoc bodies of a COPY as a source of files.

import { digestOf } from '../../core/canonical.ts';
import { sha256 } from '../../core/digest.ts';
import { compareNames } from '../../core/names.ts';
import type { Entry } from '../../image/entry.ts';
import type { CopySource } from './source.ts';

/** Makes a source whose root holds the given files with mode 0644. */
export function inlineSource(
  files: readonly { readonly name: string; readonly text: string }[],
): CopySource {
  const bytes = new Map(files.map(({ name, text }) => [name, Buffer.from(text)]));
  const entryOf = (path: string): Entry => {
    const content = bytes.get(path) ?? Buffer.alloc(0);
    return {
      path: '',
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: 0n,
      size: content.byteLength,
      digest: sha256(content),
    };
  };
  return {
    name: 'the heredocs',
    stat: async (path) => (bytes.has(path) ? { path, isDirectory: false } : undefined),
    list: async () => [...bytes.keys()].sort(compareNames),
    walk: async ({ path }) => [entryOf(path)],
    identity: async ({ path }) => digestOf('slipway-inline/1', [path, entryOf(path).digest ?? '']),
    async *read(list) {
      for (const { path, entry } of list) yield { entry, chunks: once(bytes.get(path)) };
    },
  };
}

async function* once(content: Buffer | undefined): AsyncIterable<Uint8Array> {
  if (content !== undefined && content.byteLength > 0) yield content;
}
