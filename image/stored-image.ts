// What the local store says of its images, and which blobs they need. Both read manifests that may
// be damaged or come from another tool: a damaged image is listed with what is known of it.

import type { BlobStore } from '../cache/blob-store.ts';
import type { Digest } from '../core/digest.ts';
import { isBuildError } from '../core/errors.ts';
import { MAX_CONFIG_BYTES, parseConfig } from './config.ts';
import { entryName } from './layout/index-file.ts';
import { MAX_MANIFEST_BYTES, type ParsedManifest, parseManifest } from './manifest.ts';
import type { Descriptor, ImageConfig, Platform } from './model.ts';

export interface StoredImage {
  /** Canonical; undefined where the image has none. */
  readonly name: string | undefined;
  readonly digest: Digest;
  /** As its config says, RFC 3339; undefined where it does not say. */
  readonly created: string | undefined;
  /** Bytes of its manifest, config and layers as they are stored. */
  readonly size: number;
  readonly platform: Platform | undefined;
}

/** Describes one entry of the store's index. */
export async function describeEntry(entry: Descriptor, blobs: BlobStore): Promise<StoredImage> {
  const parsed = await readManifest(entry, blobs);
  const blobsOf = parsed === undefined ? [] : children(parsed);
  const config =
    parsed?.kind === 'manifest'
      ? await unlessDamaged(async () =>
          parseConfig(
            await blobs.read(parsed.manifest.config.digest, MAX_CONFIG_BYTES),
            parsed.manifest.layers.length,
            entry.digest,
          ),
        )
      : undefined;
  return {
    name: entryName(entry),
    digest: entry.digest,
    created: config?.created,
    size: entry.size + blobsOf.reduce((sum, { size }) => sum + size, 0),
    platform: config === undefined ? entry.platform : platformOf(config),
  };
}

/** Returns the digests of every blob that the entries lead to, themselves included. */
export async function usedBlobs(
  entries: readonly Descriptor[],
  blobs: BlobStore,
): Promise<Set<Digest>> {
  const used = new Set<Digest>();
  const waiting = [...entries];
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    if (used.has(entry.digest)) continue;
    used.add(entry.digest);
    const parsed = await readManifest(entry, blobs);
    if (parsed?.kind === 'index') waiting.push(...parsed.index.manifests);
    if (parsed?.kind === 'manifest') for (const { digest } of children(parsed)) used.add(digest);
  }
  return used;
}

function children(parsed: ParsedManifest): readonly Descriptor[] {
  if (parsed.kind === 'index') return parsed.index.manifests;
  return [parsed.manifest.config, ...parsed.manifest.layers];
}

async function readManifest(
  entry: Descriptor,
  blobs: BlobStore,
): Promise<ParsedManifest | undefined> {
  return await unlessDamaged(async () =>
    parseManifest(
      await blobs.read(entry.digest, MAX_MANIFEST_BYTES),
      entry.mediaType,
      entry.digest,
    ),
  );
}

/** Returns undefined where the work fails because of what the store holds. */
async function unlessDamaged<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isBuildError(error)) return undefined;
    throw error;
  }
}

function platformOf({ os, architecture, variant }: ImageConfig): Platform {
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}
