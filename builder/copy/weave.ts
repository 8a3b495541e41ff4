// Reads files of several sources in one order: each source is asked once, for its own files in that
// order, and the answers are woven together. No source needs to seek.

import type { Entry } from '../../image/entry.ts';
import type { FileContent } from '../../image/layer.ts';

export interface Wanted<Source, File> {
  readonly source: Source;
  /** What the source calls the file. */
  readonly file: File;
  /** What the caller calls it: the entry of the content that is yielded. */
  readonly entry: Entry;
}

/** Yields the content of each wanted file, in order; `open` reads a source's files in the order given. */
export async function* weave<Source, File>(
  wanted: readonly Wanted<Source, File>[],
  open: (source: Source, files: readonly File[]) => AsyncIterable<FileContent>,
): AsyncIterable<FileContent> {
  const lists = new Map<Source, File[]>();
  for (const { source, file } of wanted) {
    const list = lists.get(source);
    if (list === undefined) lists.set(source, [file]);
    else list.push(file);
  }
  const readers = new Map<Source, AsyncIterator<FileContent>>();
  for (const [source, files] of lists)
    readers.set(source, open(source, files)[Symbol.asyncIterator]());
  try {
    for (const { source, entry } of wanted) {
      const next = await readers.get(source)?.next();
      if (next === undefined || next.done === true) throw new Error(`no content for ${entry.path}`);
      yield { ...next.value, entry };
    }
  } finally {
    for (const reader of readers.values()) await reader.return?.();
  }
}
