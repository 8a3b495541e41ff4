// Uploads an image into one repository: blobs first, then the manifest under its tag, so that a tag
// never names an image that is not whole.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#push

import { type Digest, parseDigest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { safeText, safeUrl } from '../../core/safe-text.ts';
import { openImageBlob } from '../copy-blobs.ts';
import type { Descriptor } from '../model.ts';
import { formatReference, type Reference } from '../reference.ts';
import type { ResolvedImage } from '../source.ts';
import type { RepositoryClient } from './client.ts';
import type { HttpResponse } from './transport.ts';

const AT_ONCE = 4;

/** Says in which repository of the same registry a blob is, where that is known. */
export type BlobOrigin = (digest: Digest) => string | undefined;

/** Uploads the config and the layers that the repository lacks. Throws the registry's errors and those of the image's blobs. */
export async function pushBlobs(
  client: RepositoryClient,
  image: ResolvedImage,
  origin: BlobOrigin,
): Promise<void> {
  const all = [image.configDescriptor, ...image.layers];
  const distinct = [...new Map(all.map((blob) => [blob.digest, blob])).values()];
  await inParallel(distinct, AT_ONCE, async (blob) => {
    if (await hasBlob(client, blob)) return;
    const location = await startUpload(client, blob, origin(blob.digest));
    if (location !== undefined) await upload(client, image, blob, location);
  });
}

/** Puts the image's manifest under the tag (or, without one, the digest) of `reference`. */
export async function pushManifest(
  client: RepositoryClient,
  image: ResolvedImage,
  reference: Reference,
): Promise<void> {
  const { mediaType, digest } = image.manifest;
  const response = await client.send({
    method: 'PUT',
    target: `manifests/${reference.tag ?? digest}`,
    headers: { 'content-type': mediaType },
    body: bytesBody(image.manifestBytes),
  });
  const name = formatReference(reference);
  if (response.status !== 201) throw await client.failure(response, name);
  await response.discard();
  const stored = parseDigest(response.header('docker-content-digest')) ?? digest;
  if (stored === digest) return;
  throw new BuildError(
    'E_DIGEST_MISMATCH',
    `${safeText(name)} was stored with digest ${stored}, but has ${digest}`,
  );
}

async function hasBlob(client: RepositoryClient, { digest }: Descriptor): Promise<boolean> {
  const response = await client.send({ method: 'HEAD', target: `blobs/${digest}` });
  await response.discard();
  if (response.status === 200) return true;
  if (response.status === 404) return false;
  throw await client.failure(response, `blob ${digest}`);
}

/** Returns where to send the bytes; undefined where the registry has taken the blob from `from` by itself. */
async function startUpload(
  client: RepositoryClient,
  blob: Descriptor,
  from: string | undefined,
): Promise<URL | undefined> {
  const { digest } = blob;
  const mount = from === undefined ? '' : `?mount=${digest}&from=${encodeURIComponent(from)}`;
  const response = await client.send({
    method: 'POST',
    target: `blobs/uploads/${mount}`,
    body: bytesBody(Buffer.alloc(0)),
  });
  if (response.status !== 201 && response.status !== 202) {
    // A mount that is refused is no failure: the blob may be private there.
    if (from !== undefined) {
      await response.discard();
      return await startUpload(client, blob, undefined);
    }
    throw await client.failure(response, `an upload to ${client.repository}`);
  }
  await response.discard();
  return response.status === 201 ? undefined : uploadUrl(response, digest);
}

/** The address is the registry's and is kept as it is: parsing its query anew could change what it means. */
function uploadUrl(response: HttpResponse, digest: Digest): URL {
  const location = response.header('location');
  if (location === undefined || !URL.canParse(location, response.url.href)) {
    throw new BuildError('E_REGISTRY', `${safeUrl(response.url)} says not where to upload to`);
  }
  const url = new URL(location, response.url);
  const joint = url.search === '' ? '?' : '&';
  url.search = `${url.search}${joint}digest=${encodeURIComponent(digest)}`;
  return url;
}

async function upload(
  client: RepositoryClient,
  image: ResolvedImage,
  blob: Descriptor,
  url: URL,
): Promise<void> {
  const response = await client.send({
    method: 'PUT',
    target: url,
    headers: { 'content-type': 'application/octet-stream' },
    body: { size: blob.size, open: () => openImageBlob(image, blob) },
  });
  if (response.status !== 201) throw await client.failure(response, `blob ${blob.digest}`);
  await response.discard();
}

function bytesBody(bytes: Buffer): { size: number; open: () => AsyncIterable<Uint8Array> } {
  return {
    size: bytes.byteLength,
    async *open() {
      if (bytes.byteLength > 0) yield bytes;
    },
  };
}
