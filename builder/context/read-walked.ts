// The contents of files that a walk of a context has seen, as long as they are what they were then. A file
// that had been written just before it was seen might be written again without a change of its times (the
// clock of a file system has a grain; git calls such a file racily clean): its bytes are digested again.

import { join } from 'node:path';
import { finishDigest, sha256, startDigest } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';
import type { ContentChunks, FileContent } from '../../image/layer.ts';
import type { SourceFile } from '../copy/source.ts';
import type { FileIdentity } from './file-identity.ts';
import { fileChanged } from './pinned-directory.ts';
import { readInChunks, readWhole, WHOLE_READ_LIMIT } from './read-unchanged.ts';

/** A file as a walk saw it. */
export interface SeenFile {
  readonly identity: FileIdentity;
  /** Its times are so young that they may stay as they are when it is written again. */
  readonly isRacy: boolean;
}

/** Longer than the grain of any file system's clock. */
const GRAIN_MS = 2_000;

/** Says how a file looked `identity` when it was seen at `now` (milliseconds since the epoch). */
export function seenFile(identity: FileIdentity, now: number): SeenFile {
  const settled = BigInt(now - GRAIN_MS) * 1_000_000n;
  return { identity, isRacy: identity.mtimeNs > settled || identity.ctimeNs > settled };
}

/** Yields the contents of `files` of the context at `root`, all of which `seen` has. Throws E_FILE_CHANGED, E_COPY_SOURCE. */
export async function* readWalked(
  root: string,
  files: readonly SourceFile[],
  seen: { get(path: string): SeenFile | undefined },
): AsyncIterable<FileContent> {
  for (const { path, entry } of files) {
    const file = seen.get(path);
    if (file === undefined) throw new Error(`${path} was not walked`);
    const absolute = join(root, path);
    yield {
      entry,
      // Read when they are asked for: whoever reads the file where it lies does not.
      get chunks() {
        return chunksOf(absolute, file, entry);
      },
      onDisk: {
        path: absolute,
        identity: file.identity,
        digest: file.isRacy ? entry.digest : undefined,
      },
    };
  }
}

function chunksOf(path: string, { identity, isRacy }: SeenFile, entry: Entry): ContentChunks {
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
