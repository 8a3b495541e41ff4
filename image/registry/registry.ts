// All registries as one source and sink: a name says which registry and repository it means.

import type { Digest } from '../../core/digest.ts';
import { loadImage } from '../load-image.ts';
import type { Descriptor, Platform } from '../model.ts';
import { formatReference, parseReference, type Reference } from '../reference.ts';
import type { ImageSink, ImageSource, OpenBlob, ResolvedImage } from '../source.ts';
import { openRepository, type RepositoryClient } from './client.ts';
import type { FindCredentials } from './credentials.ts';
import { fetchManifest, lookUpManifest, repositoryBlobs } from './pull.ts';
import { type BlobOrigin, pushBlobs, pushManifest } from './push.ts';
import { openTransport, type TransportOptions } from './transport.ts';

export interface RegistryOptions extends TransportOptions {
  /** What to log in with; asked once for each repository. */
  readonly credentials: FindCredentials;
  /** The canonical name under which a blob was pulled: lets a push within one registry copy it there. */
  readonly blobOrigin?: (digest: Digest) => string | undefined;
}

export interface Registry extends ImageSource, ImageSink {
  /** Asks what `name` means now: the descriptor of a manifest or index. One request where the registry can. */
  lookUp(name: string): Promise<Descriptor>;
  /** Opens manifests and blobs of the repository of `name`. */
  blobsOf(name: string): OpenBlob;
  /** `names` must be references; each gets the image. Throws E_REFERENCE_INVALID and the registry's errors. */
  write(image: ResolvedImage, names: readonly string[]): Promise<void>;
  /** Breaks all connections. */
  close(): Promise<void>;
}

/** Opens the registries; nothing is loaded or connected before it is needed. */
export function openRegistry(options: RegistryOptions): Registry {
  const transport = openTransport(options);
  const { credentials, insecure, blobOrigin = () => undefined } = options;
  const clients = new Map<string, Promise<RepositoryClient>>();
  const clientFor = (
    { registry, repository }: Reference,
    alsoPull?: readonly string[],
  ): Promise<RepositoryClient> => {
    const actions = alsoPull === undefined ? 'pull' : 'pull,push';
    const key = [registry, repository, actions, ...(alsoPull ?? [])].join(' ');
    let client = clients.get(key);
    if (client === undefined) {
      const access = { registry, repository, actions, alsoPull: alsoPull ?? [] } as const;
      client = openRepository({ ...access, transport, credentials, insecure });
      clients.set(key, client);
      // The next one that asks may have more luck.
      client.catch(() => clients.delete(key));
    }
    return client;
  };

  return {
    async lookUp(name) {
      const reference = parseReference(name);
      return await lookUpManifest(await clientFor(reference), reference);
    },
    blobsOf(name) {
      const reference = parseReference(name);
      return async function* open(descriptor) {
        const client = await clientFor(reference);
        yield* repositoryBlobs(client, reference, new Map())(descriptor);
      };
    },
    async resolve(name: string, platform: Platform) {
      const reference = parseReference(name);
      const client = await clientFor(reference);
      const { descriptor, bytes } = await fetchManifest(client, reference);
      const open = repositoryBlobs(client, reference, new Map([[descriptor.digest, bytes]]));
      return await loadImage(formatReference(reference), descriptor, platform, open);
    },
    async write(image, names) {
      const done = new Map<string, string>();
      for (const reference of names.map(parseReference)) {
        const { registry, repository } = reference;
        const origin = originIn(registry, done.get(registry), blobOrigin);
        const client = await clientFor(reference, mountScopes(image, repository, origin));
        if (done.get(registry) !== repository) await pushBlobs(client, image, origin);
        await pushManifest(client, image, reference);
        done.set(registry, repository);
      }
    },
    close: () => transport.close(),
  };
}

/** Where a blob is in `registry`: the repository that this push has filled already, else the one that it was pulled from. */
function originIn(
  registry: string,
  filled: string | undefined,
  blobOrigin: (digest: Digest) => string | undefined,
): BlobOrigin {
  return (digest) => {
    if (filled !== undefined) return filled;
    const name = blobOrigin(digest);
    if (name === undefined) return undefined;
    const source = parseReference(name);
    return source.registry === registry ? source.repository : undefined;
  };
}

function mountScopes(image: ResolvedImage, repository: string, origin: BlobOrigin): string[] {
  const sources = image.layers.flatMap(({ digest }) => origin(digest) ?? []);
  return [...new Set(sources)].filter((source) => source !== repository).sort();
}
