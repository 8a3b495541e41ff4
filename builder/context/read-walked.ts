// The contents of files that a walk of a context has seen, as long as they are what they were then. A file
// that had been written just before it was seen might be written again without a change of its times (the
// clock of a file system has a grain; git calls such a file racily clean): its bytes are digested again.

import { finishDigest, sha256, startDigest } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';
import type { ContentChunks, FileContent, FileOnDisk } from '../../image/layer.ts';
import type { SourceFile } from '../copy/source.ts';
import { fileChanged, pathInside } from './pinned-directory.ts';
import { readInChunks, readWhole, WHOLE_READ_LIMIT } from './read-unchanged.ts';
import type { SeenFile } from './sightings.ts';

/** What walks saw of files. */
interface Seen {
  get(path: string): SeenFile | undefined;
}

/** Yields the contents of `files` of the context at `root`, all of which `seen` has. Throws E_FILE_CHANGED, E_COPY_SOURCE. */
export async function* readWalked(
  root: string,
  files: readonly SourceFile[],
  seen: Seen,
): AsyncIterable<FileContent> {
  for (const { path, entry } of files)
    yield { entry, chunks: chunksOf(pathInside(root, path), seenIn(seen, path), entry) };
}

/** Where a file lies that `seen` has. Throws E_FILE_CHANGED. */
export function placeOfWalked(root: string, { path, entry }: SourceFile, seen: Seen): FileOnDisk {
  const { files, index, isRacy } = seenIn(seen, path);
  return {
    path: pathInside(root, path),
    state: files.state(index),
    digest: isRacy ? entry.digest : undefined,
  };
}

function seenIn(seen: Seen, path: string): SeenFile {
  const file = seen.get(path);
  if (file === undefined) throw new Error(`${path} was not walked`);
  return file;
}

function chunksOf(path: string, { files, index, isRacy }: SeenFile, entry: Entry): ContentChunks {
  const identity = files.identity(index);
  if (entry.size > WHOLE_READ_LIMIT) {
    const chunks = readInChunks(path, identity);
    return isRacy ? verified(chunks, path, entry) : chunks;
  }
  const bytes = readWhole(path, identity);
  if (isRacy && sha256(bytes) !== entry.digest) throw fileChanged(path);
  return [bytes];
}

/** What was yielded counts only once the end is reached. */
async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  entry: Entry,
): AsyncIterable<Uint8Array> {
  const hash = startDigest();
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (finishDigest(hash) !== entry.digest) throw fileChanged(path);
}
