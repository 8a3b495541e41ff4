// Brings a file from its address into the store, or finds out that it is there already: the server is
// always asked, unless a checksum says that what the address gave before is what is wanted. An address that cannot be reached is
// an error even where an earlier build fetched it: nobody could say that it still is that.

import type { BlobStore } from '../../../cache/blob-store.ts';
import type { Table } from '../../../cache/database.ts';
import { type Digest, finishDigest, startDigest } from '../../../core/digest.ts';
import { BuildError } from '../../../core/errors.ts';
import { safeUrl } from '../../../core/safe-text.ts';
import { decompressLayer } from '../../../image/compress/decompress.ts';
import { type Download, findDownload, noteDownload } from './download-table.ts';
import { failed, type HttpAnswer, type HttpClient, type HttpGet } from './http-client.ts';
import { StartOver, transfer } from './transfer.ts';

export interface DownloadInputs {
  readonly client: HttpClient;
  readonly blobs: BlobStore;
  readonly table: Table;
  /** The value of the Authorization header for `url`. */
  readonly authorization: (url: URL) => Promise<string | undefined>;
}

/** How often a transfer that cannot be resumed is begun. */
const MAX_STARTS = 3;
/** A use is noted at most so often: a build in which nothing has changed writes nothing. */
const USED_GRAIN_MS = 3_600_000;

/**
 * Makes sure that the store has what `url` gives now, and returns what that is. Throws E_FETCH, E_REMOTE_CHECKSUM
 * where it is not `checksum`, E_STORE_UNUSABLE.
 */
export async function download(
  inputs: DownloadInputs,
  url: URL,
  checksum: Digest | undefined,
): Promise<Download> {
  const { client, blobs, table } = inputs;
  const known = await stillThere(blobs, findDownload(table, url));
  if (known !== undefined && known.digest === checksum) return noted(inputs, url, known);
  const request: HttpGet = {
    url,
    headers: known === undefined ? {} : conditions(known),
    authorization: await inputs.authorization(url),
  };
  for (let start = 1; ; start++) {
    const answer = await client.get(request);
    if (known !== undefined && isSame(answer, known)) {
      await answer.discard();
      if (checksum !== undefined) throw mismatch(url, known.digest, checksum);
      return noted(inputs, url, known);
    }
    if (answer.status !== 200) {
      await answer.discard();
      throw failed(url, `it answers ${answer.status} to a request that did not ask for that`);
    }
    try {
      const body = decoded(url, answer, transfer(client, { ...request, headers: {} }, answer));
      const blob = await blobs.put(checksum === undefined ? body : checked(url, body, checksum));
      return noted(inputs, url, { ...blob, ...validators(answer), used: 0 });
    } catch (error) {
      if (!(error instanceof StartOver)) throw error;
      if (start === MAX_STARTS) throw failed(url, 'its host breaks the connection again and again');
    }
  }
}

function noted({ table }: DownloadInputs, url: URL, found: Download): Download {
  if (Date.now() - found.used < USED_GRAIN_MS) return found;
  const download = { ...found, used: Date.now() };
  noteDownload(table, url, download);
  return download;
}

/** The blob may have been pruned since. */
async function stillThere(
  blobs: BlobStore,
  known: Download | undefined,
): Promise<Download | undefined> {
  return known !== undefined && (await blobs.has(known.digest)) === known.size ? known : undefined;
}

function conditions({ etag, lastModified }: Download): Record<string, string> {
  if (etag !== undefined) return { 'if-none-match': etag };
  return lastModified === undefined ? {} : { 'if-modified-since': lastModified };
}

/** Some servers send the whole file, with the very ETag that was asked about. */
function isSame(answer: HttpAnswer, { etag, lastModified }: Download): boolean {
  if (answer.status === 304) return etag !== undefined || lastModified !== undefined;
  const now = answer.header('etag');
  return etag !== undefined && now !== undefined && strong(now) === strong(etag);
}

function strong(etag: string): string {
  return etag.replace(/^W\//, '');
}

function validators(answer: HttpAnswer): Pick<Download, 'etag' | 'lastModified'> {
  return { etag: answer.header('etag'), lastModified: answer.header('last-modified') };
}

/** A server that codes what it was asked not to: gzip is undone, as the reference does; other codings are unknown. */
function decoded(
  url: URL,
  answer: HttpAnswer,
  body: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const coding = answer.header('content-encoding')?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return body;
  if (coding === 'gzip' || coding === 'x-gzip') return decompressLayer(body);
  throw failed(url, `it is sent with the coding ${coding.slice(0, 20)}, which was not asked for`);
}

/** Yields `body`, and throws at its end where it is not what was promised: the store then keeps nothing of it. */
async function* checked(
  url: URL,
  body: AsyncIterable<Uint8Array>,
  checksum: Digest,
): AsyncGenerator<Uint8Array> {
  const hash = startDigest();
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = finishDigest(hash);
  if (actual !== checksum) throw mismatch(url, actual, checksum);
}

function mismatch(url: URL, actual: Digest, checksum: Digest): BuildError {
  return new BuildError(
    'E_REMOTE_CHECKSUM',
    `${safeUrl(url)} has the digest ${actual}, not ${checksum}`,
    { hint: 'it has changed or was tampered with: look at it before you change --checksum' },
  );
}
