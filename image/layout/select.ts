// Which entry of a layout's index a name means.

import { type Digest, parseDigest } from '../../core/digest.ts';
import { isBuildError } from '../../core/errors.ts';
import type { Descriptor, Index, Platform } from '../model.ts';
import { choosePlatform, isAttestation } from '../platform.ts';
import { formatReference, parseReference } from '../reference.ts';
import { entryName, imageNotFound, isNamed } from './index-file.ts';

/**
 * Returns the entry that `name` means: `@sha256:...` (whatever stands before the `@`) by digest, '' the only
 * image, anything else by its name as written or in its complete form; of several entries under
 * one name, the one for `platform`. A digest that no entry has is returned by itself, to be looked
 * for among the blobs. Throws E_IMAGE_NOT_FOUND, E_PLATFORM_NOT_FOUND.
 */
export function selectEntry(
  index: Index,
  name: string,
  platform: Platform,
  place: string,
): Descriptor | Digest {
  const entries = index.manifests.filter((entry) => !isAttestation(entry));
  const digest = parseDigest(name.slice(name.indexOf('@') + 1));
  if (digest !== undefined) return entries.find((entry) => entry.digest === digest) ?? digest;
  const named = name === '' ? entries : entries.filter((entry) => answersTo(entry, name));
  const distinct = [...new Map(named.map((entry) => [entry.digest, entry])).values()];
  const [first] = distinct;
  if (first !== undefined && distinct.length === 1) return first;
  if (name !== '' && first !== undefined) return choosePlatform(distinct, platform, name);
  const names = index.manifests.flatMap((entry) => entryName(entry) ?? []);
  throw imageNotFound(place, name, names);
}

function answersTo(entry: Descriptor, name: string): boolean {
  if (isNamed(entry, name)) return true;
  const complete = completeName(name);
  return complete !== undefined && isNamed(entry, complete);
}

function completeName(name: string): string | undefined {
  try {
    return formatReference(parseReference(name));
  } catch (error) {
    if (isBuildError(error)) return undefined;
    throw error;
  }
}
