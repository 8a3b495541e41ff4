// Files of unpacked layers against their digests, while they are read. A disk that has changed a byte must not
// change an image: what is not as it was recorded is an error, and the layer is put aside.

import { finishDigest, startDigest } from '../../core/digest.ts';
import { BuildError, isBuildError } from '../../core/errors.ts';
import type { Entry } from '../../image/entry.ts';
import type { ContentChunks, FileContent } from '../../image/layer.ts';

/** Yields `files` as they are; throws E_STORE_CORRUPT, after `discard`, where a content has not its entry's digest. */
export async function* checkContents(
  files: AsyncIterable<FileContent>,
  discard: () => Promise<void>,
): AsyncIterable<FileContent> {
  try {
    for await (const { entry, chunks } of files) {
      yield { entry, chunks: checkChunks(entry, chunks, discard) };
    }
  } catch (error) {
    if (isBuildError(error) && error.code === 'E_STORE_CORRUPT') await discard();
    throw error;
  }
}

async function* checkChunks(
  entry: Entry,
  chunks: ContentChunks,
  discard: () => Promise<void>,
): AsyncIterable<Uint8Array> {
  const hash = startDigest();
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (entry.digest === undefined || finishDigest(hash) === entry.digest) return;
  await discard();
  throw new BuildError('E_STORE_CORRUPT', `${entry.path} of an unpacked layer is damaged`, {
    hint: 'build again: the layer was put aside and is made anew',
  });
}
