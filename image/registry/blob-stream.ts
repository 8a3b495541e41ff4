// A blob's bytes from a registry, checked. A transfer that breaks goes on where it broke: the hash
// runs over all parts, so that a registry cannot smuggle in other bytes by breaking it.

import { corrupt, verifyChunks } from '../../cache/blob-verify.ts';
import { safeText } from '../../core/safe-text.ts';
import type { Descriptor } from '../model.ts';
import type { RepositoryClient } from './client.ts';
import { networkError } from './network-error.ts';
import { isTemporary } from './retry.ts';
import type { HttpResponse } from './transport.ts';

/** Breaks in a row without a byte in between; a transfer that gets on may break as often as it likes. */
const MAX_BREAKS = 5;

/**
 * Yields the blob's bytes. Throws E_BLOB_CORRUPT, E_IMAGE_NOT_FOUND, E_REGISTRY_UNREACHABLE and the registry's
 * other errors.
 */
export function streamBlob(client: RepositoryClient, blob: Descriptor): AsyncIterable<Uint8Array> {
  const place = safeText(`${client.registry}/${client.repository}`);
  return verifyChunks(resumed(client, blob, place), blob, place);
}

async function* resumed(
  client: RepositoryClient,
  blob: Descriptor,
  place: string,
): AsyncIterable<Uint8Array> {
  let received = 0;
  let breaks = 0;
  while (received < blob.size || received === 0) {
    const response = await request(client, blob, received);
    let skip = response.status === 206 ? 0 : received;
    try {
      for await (const chunk of response.body) {
        const fresh = chunk.subarray(Math.min(skip, chunk.byteLength));
        skip -= chunk.byteLength - fresh.byteLength;
        if (fresh.byteLength === 0) continue;
        received += fresh.byteLength;
        breaks = 0;
        yield fresh;
      }
      if (response.status !== 206 || received >= blob.size) return;
    } catch (error) {
      if (!isTemporary(error) || ++breaks >= MAX_BREAKS) throw networkError(error, response.url);
      continue;
    }
    // A part that ended early and well: as good as a break.
    if (++breaks >= MAX_BREAKS)
      throw corrupt(blob.digest, place, `it ends after ${received} bytes`);
  }
}

async function request(
  client: RepositoryClient,
  { digest }: Descriptor,
  from: number,
): Promise<HttpResponse> {
  const response = await client.send({
    method: 'GET',
    target: `blobs/${digest}`,
    ...(from === 0 ? {} : { headers: { range: `bytes=${from}-` } }),
  });
  const partial = response.status === 206 && startsAt(response, from);
  if (response.status === 200 || partial) return response;
  throw await client.failure(response, `blob ${digest}`);
}

/** A part that starts elsewhere would be caught by the digest, but only after all of it. */
function startsAt(response: HttpResponse, from: number): boolean {
  return response.header('content-range')?.startsWith(`bytes ${from}-`) ?? false;
}
