// A file from an http address, as the reference's sources are: one file in an otherwise empty tree, for
// the ADD that takes it. The key is what came, not where from: the same file from a mirror is the same.

import type { BlobStore } from '../../cache/blob-store.ts';
import type { KeyParts } from '../../cache/records.ts';
import type { Digest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { safeUrl } from '../../core/safe-text.ts';
import type { LayerContents } from '../../image/layer.ts';
import type { Download } from '../remote/http/download-table.ts';
import type { HttpSource } from '../remote/remote-source.ts';
import type { Op } from './op.ts';

export interface FetchHttpInputs {
  readonly blobs: BlobStore;
  /** Makes sure that the store has the file; asks the server. */
  readonly download: (url: URL, checksum: Digest | undefined) => Promise<Download>;
}

/** Binds the fetch of a file. With a checksum the network is used only where the store has no such content. */
export function fetchHttpOp(source: HttpSource, { blobs, download }: FetchHttpInputs): Op {
  const url = new URL(source.url);
  let fetched: Promise<Download> | undefined;
  const fetch = (): Promise<Download> => {
    fetched ??= download(url, source.checksum);
    return fetched;
  };
  /** What the key is made of. A promised content needs no asking. */
  const expected = async (): Promise<Pick<Download, 'digest' | 'lastModified'>> =>
    source.checksum === undefined
      ? await fetch()
      : { digest: source.checksum, lastModified: undefined };
  return {
    async key(): Promise<KeyParts> {
      const { digest, lastModified } = await expected();
      return [
        ['op', 'fetch'],
        ['content', digest],
        ['name', source.name],
        ['last modified', lastModified ?? ''],
      ];
    },
    async run() {
      const { digest, size, lastModified } = await fetch();
      const metadata = { mode: 0o600, uid: 0, gid: 0, mtime: timeOf(lastModified) };
      return { entries: [{ path: source.name, type: 'file', ...metadata, size, digest }] };
    },
    async contents(): Promise<LayerContents> {
      return {
        async *read(files) {
          for (const entry of files) {
            if (entry.digest === undefined) throw new Error(`no content for ${entry.path}`);
            if ((await blobs.has(entry.digest)) === undefined)
              await refetch(url, entry.digest, fetch);
            yield { entry, chunks: blobs.open(entry.digest, entry.size) };
          }
        },
      };
    },
  };
}

/** The blob was pruned, the record of the step was not. */
async function refetch(url: URL, digest: Digest, fetch: () => Promise<Download>): Promise<void> {
  const found = await fetch();
  if (found.digest === digest) return;
  throw new BuildError('E_FETCH', `${safeUrl(url)} is no longer what it was: ${digest}`, {
    hint: 'build again',
  });
}

/** In nanoseconds; 0 where the header is absent or no time, as in the reference. */
function timeOf(lastModified: string | undefined): bigint {
  const ms = lastModified === undefined ? Number.NaN : Date.parse(lastModified);
  return Number.isNaN(ms) ? 0n : BigInt(ms) * 1_000_000n;
}
