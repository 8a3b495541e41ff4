// Where the image of a FROM comes from: the local store where it has the name for the platform,
// else the registry. What neither has is told with both places named.

import { BuildError, isBuildError } from '../core/errors.ts';
import { formatPlatform, type Platform } from './model.ts';
import { samePlatform } from './platform.ts';
import { familiarReference, formatReference, parseReference } from './reference.ts';
import type { ImageSource, ResolvedImage } from './source.ts';

export interface ImagePlaces {
  readonly local: ImageSource;
  /** Undefined where no registry may be asked. */
  readonly registry: ImageSource | undefined;
  /** Ask the registry even for what is there locally. */
  readonly pull: boolean;
}

/**
 * Finds the image that `text` names, for `platform`. Throws E_REFERENCE_INVALID, and E_IMAGE_NOT_FOUND,
 * E_REGISTRY_UNREACHABLE and the registry's other errors with what is there locally in the hint.
 */
export async function resolveImage(
  text: string,
  platform: Platform,
  { local, registry, pull }: ImagePlaces,
): Promise<ResolvedImage> {
  const reference = parseReference(text);
  const name = formatReference(reference);
  const shown = familiarReference(reference);
  const found =
    pull && registry !== undefined ? undefined : await findLocally(local, name, platform);
  if (found?.kind === 'image') return found.image;
  const locally =
    found === undefined
      ? 'the local store was not asked, because of --pull'
      : found.kind === 'other-platform'
        ? `the local store has ${shown} only for ${found.platform}`
        : `the local store has no ${shown}`;
  if (registry === undefined) {
    throw new BuildError('E_IMAGE_NOT_FOUND', `there is no image ${shown}: ${locally}`, {
      hint: 'no registry may be asked in this mode; build or load the image first',
    });
  }
  try {
    return await registry.resolve(name, platform);
  } catch (error) {
    if (!isBuildError(error)) throw error;
    throw new BuildError(error.code, `${error.message}; ${locally}`, { ...error, cause: error });
  }
}

type Found =
  | { readonly kind: 'image'; readonly image: ResolvedImage }
  | { readonly kind: 'other-platform'; readonly platform: string }
  | { readonly kind: 'none' };

async function findLocally(local: ImageSource, name: string, platform: Platform): Promise<Found> {
  let image: ResolvedImage;
  try {
    image = await local.resolve(name, platform);
  } catch (error) {
    // A damaged blob has been removed by now: the registry may have it whole.
    const codes = ['E_IMAGE_NOT_FOUND', 'E_PLATFORM_NOT_FOUND', 'E_BLOB_MISSING', 'E_BLOB_CORRUPT'];
    if (isBuildError(error) && codes.includes(error.code)) return { kind: 'none' };
    throw error;
  }
  return samePlatform(image.config, platform)
    ? { kind: 'image', image }
    : { kind: 'other-platform', platform: formatPlatform(image.config) };
}
