// What a repository holds: which manifest a name means, manifests and blobs, each checked.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pull

import { type Digest, parseDigest, sha256 } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';
import { isManifestType, MAX_MANIFEST_BYTES } from '../manifest.ts';
import { type Descriptor, MEDIA } from '../model.ts';
import { formatReference, type Reference } from '../reference.ts';
import type { OpenBlob } from '../source.ts';
import { streamBlob } from './blob-stream.ts';
import type { RepositoryClient } from './client.ts';
import type { HttpResponse } from './transport.ts';

const ACCEPT = [MEDIA.ociIndex, MEDIA.ociManifest, MEDIA.dockerIndex, MEDIA.dockerManifest].join(
  ', ',
);

/** Types of servers that do not know what they serve: the document speaks for itself. */
const GENERIC_TYPES = new Set(['application/json', 'application/octet-stream', 'text/plain']);

export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/**
 * Asks what `reference` means, without fetching it where the registry says it in a header.
 * Throws E_IMAGE_NOT_FOUND and the registry's other errors.
 */
export async function lookUpManifest(
  client: RepositoryClient,
  reference: Reference,
): Promise<Descriptor> {
  const response = await client.send({ method: 'HEAD', ...manifestRequest(reference) });
  await response.discard();
  const digest = parseDigest(response.header('docker-content-digest'));
  const size = Number(response.header('content-length') ?? Number.NaN);
  const mediaType = contentType(response);
  const whole = response.status === 200 && Number.isSafeInteger(size) && mediaType !== undefined;
  if (whole && digest !== undefined && (reference.digest ?? digest) === digest) {
    return { mediaType, digest, size };
  }
  // Not all registries answer HEAD well, and none may explain an error in it.
  return (await fetchManifest(client, reference)).descriptor;
}

/** Fetches the manifest or index that `reference` means. Throws E_IMAGE_NOT_FOUND, E_DIGEST_MISMATCH and the registry's other errors. */
export async function fetchManifest(
  client: RepositoryClient,
  reference: Reference,
): Promise<FetchedManifest> {
  const response = await client.send({ method: 'GET', ...manifestRequest(reference) });
  const name = formatReference(reference);
  if (response.status !== 200) throw await client.failure(response, name);
  const bytes = await response.read(MAX_MANIFEST_BYTES);
  const digest = sha256(bytes);
  const promised = [reference.digest, parseDigest(response.header('docker-content-digest'))];
  for (const expected of promised) checkDigest(name, digest, expected);
  const mediaType = contentType(response) ?? ownType(bytes);
  return { bytes, descriptor: { mediaType, digest, size: bytes.byteLength } };
}

/** Opens what the repository holds; the manifests in `known` need no request. */
export function repositoryBlobs(
  client: RepositoryClient,
  name: Reference,
  known: ReadonlyMap<Digest, Buffer>,
): OpenBlob {
  return async function* open(descriptor) {
    const there = known.get(descriptor.digest);
    if (there !== undefined) yield there;
    else if (isManifestType(descriptor.mediaType)) {
      const reference = { ...name, tag: undefined, digest: descriptor.digest };
      yield (await fetchManifest(client, reference)).bytes;
    } else yield* streamBlob(client, descriptor);
  };
}

function manifestRequest({ tag, digest }: Reference) {
  return { target: `manifests/${digest ?? tag}`, headers: { accept: ACCEPT } };
}

function contentType(response: HttpResponse): string | undefined {
  const type = response.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  return type === undefined || type === '' || GENERIC_TYPES.has(type) ? undefined : type;
}

/** What an untyped document says of itself; parsing it checks that it is that. */
function ownType(bytes: Buffer): string {
  try {
    const { mediaType, manifests } = JSON.parse(bytes.toString('utf8'));
    if (typeof mediaType === 'string') return mediaType;
    return manifests === undefined ? MEDIA.ociManifest : MEDIA.ociIndex;
  } catch {
    return MEDIA.ociManifest;
  }
}

function checkDigest(name: string, actual: Digest, expected: Digest | undefined): void {
  if (expected === undefined || expected === actual) return;
  throw new BuildError(
    'E_DIGEST_MISMATCH',
    `the manifest of ${safeText(name)} should have digest ${expected}, but has ${actual}`,
    { hint: 'the registry, or something on the way to it, changes what it serves' },
  );
}
