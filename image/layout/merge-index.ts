// Adds an image to the entries of an index, so that each name in it means one image.

import type { Descriptor } from '../model.ts';
import { parseReference } from '../reference.ts';
import type { ResolvedImage } from '../source.ts';
import { entryName, indexEntry, withName } from './index-file.ts';

/**
 * Returns `entries` with the image under each of `names` (canonical references), instead of what had those
 * names; an image without a name takes the place of the one without. OCI's own annotation gets
 * the tag, as the reference builder writes it, unless another image has that tag already.
 */
export function mergeIndex(
  entries: readonly Descriptor[],
  image: ResolvedImage,
  names: readonly string[],
): Descriptor[] {
  if (names.length === 0) {
    return [...entries.filter((entry) => entryName(entry) !== undefined), indexEntry(image)];
  }
  const merged = entries.filter((entry) => !names.includes(entryName(entry) ?? ''));
  const taken = new Set(
    merged.map((entry) => entry.annotations?.['org.opencontainers.image.ref.name']),
  );
  for (const name of names) {
    const tag = parseReference(name).tag ?? name;
    const refName = taken.has(tag) ? name : tag;
    taken.add(refName);
    merged.push(withName(indexEntry(image), name, refName));
  }
  return merged;
}
