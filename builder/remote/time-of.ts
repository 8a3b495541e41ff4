// The time that a remote source has of its own, for SOURCE_DATE_EPOCH: of the commit; of the file, as its server
// says it, else of the newest file in it where it is an archive.

import type { BlobStore } from '../../cache/blob-store.ts';
import { isBuildError } from '../../core/errors.ts';
import { decompressLayer } from '../../image/compress/decompress.ts';
import { ChunkReader } from '../../image/stream/chunk-reader.ts';
import { readMembers } from '../../image/tar/member.ts';
import { newestOf } from '../../image/tar/newest.ts';
import type { Remote } from './remote.ts';
import type { RemoteSource } from './remote-source.ts';

/** Returns seconds since the epoch; undefined where `source` has no time. Throws E_FETCH, E_GIT, E_GIT_MISSING, E_REMOTE_CHECKSUM. */
export async function timeOf(
  source: RemoteSource,
  remote: Pick<Remote, 'download' | 'git'>,
  blobs: BlobStore,
): Promise<number | undefined> {
  if (source.kind === 'git') {
    const git = await remote.git(source);
    return git.time(await git.resolve());
  }
  const { digest, size, lastModified } = await remote.download(
    new URL(source.url),
    source.checksum,
  );
  const ms = Date.parse(lastModified ?? '');
  return Number.isNaN(ms) ? newestIn(blobs.open(digest, size)) : Math.floor(ms / 1000);
}

async function newestIn(chunks: AsyncIterable<Uint8Array>): Promise<number | undefined> {
  const reader = new ChunkReader(decompressLayer(chunks));
  let newest: number | undefined;
  try {
    for await (const member of readMembers(reader)) newest = newestOf(newest, member);
    return newest;
  } catch (error) {
    // What is no archive has no time.
    if (!isBuildError(error) || !error.code.startsWith('E_LAYER')) throw error;
    return undefined;
  } finally {
    await reader.cancel();
  }
}
