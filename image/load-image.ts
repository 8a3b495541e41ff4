// From a manifest's descriptor to an image, for every medium alike: read the manifest, choose from
// an index, read the config, check that they fit together. Layers are not touched.

import { collectChunks } from '../cache/blob-verify.ts';
import { BuildError } from '../core/errors.ts';
import { safeText } from '../core/safe-text.ts';
import { MAX_CONFIG_BYTES, parseConfig } from './config.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from './manifest.ts';
import type { Descriptor, Platform } from './model.ts';
import { choosePlatform } from './platform.ts';
import type { OpenBlob, ResolvedImage } from './source.ts';

/** An index may hold indexes; a chain of more than these is somebody's joke. */
const MAX_DEPTH = 4;

/**
 * Returns the image at `descriptor` (a manifest, or an index from which `platform` chooses).
 * Throws E_IMAGE_INVALID, E_PLATFORM_NOT_FOUND, E_UNSUPPORTED, and what `open` throws.
 */
export async function loadImage(
  name: string,
  descriptor: Descriptor,
  platform: Platform,
  open: OpenBlob,
): Promise<ResolvedImage> {
  let current = descriptor;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const bytes = await readBlob(open, current, MAX_MANIFEST_BYTES, name);
    const parsed = parseManifest(bytes, current.mediaType, name);
    if (parsed.kind === 'index') {
      current = choosePlatform(parsed.index.manifests, platform, name);
      continue;
    }
    const { config: configDescriptor, layers } = parsed.manifest;
    const configBytes = await readBlob(open, configDescriptor, MAX_CONFIG_BYTES, name);
    const config = parseConfig(configBytes, layers.length, name);
    return {
      name,
      manifest: current,
      manifestBytes: bytes,
      configDescriptor,
      configBytes,
      config,
      layers,
      openBlob: open,
    };
  }
  throw new BuildError(
    'E_IMAGE_INVALID',
    `${safeText(name)} has indexes in indexes, ${MAX_DEPTH} deep`,
  );
}

async function readBlob(
  open: OpenBlob,
  descriptor: Descriptor,
  maxBytes: number,
  name: string,
): Promise<Buffer> {
  const tooLarge = (): BuildError =>
    new BuildError(
      'E_IMAGE_INVALID',
      `a manifest or config of ${safeText(name)} has more than ${maxBytes} bytes`,
    );
  if (descriptor.size > maxBytes) throw tooLarge();
  return await collectChunks(open(descriptor), maxBytes, tooLarge);
}
