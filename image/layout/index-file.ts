// The two small files of an OCI layout and the names in them. A name is kept twice, as the field
// does: whole in containerd's annotation, and in OCI's own, where other tools look for it.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md

import { BuildError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';
import { JsonReader } from '../json-reader.ts';
import { parseDescriptor } from '../manifest.ts';
import { type Descriptor, type Index, MEDIA } from '../model.ts';
import type { ResolvedImage } from '../source.ts';

export const LAYOUT_FILE = 'oci-layout';
export const INDEX_FILE = 'index.json';
/** `oci-layout` of a folder or archive that is written. */
export const LAYOUT_TEXT = '{"imageLayoutVersion":"1.0.0"}';

/** Names are short and images few: a larger index is an attack or a mistake. */
export const MAX_INDEX_BYTES = 16 * 1024 * 1024;

const REF_NAME = 'org.opencontainers.image.ref.name';
const IMAGE_NAME = 'io.containerd.image.name';

/** Checks the text of `oci-layout`. Throws E_LAYOUT_INVALID; `place` names the layout. */
export function checkLayoutFile(bytes: Uint8Array, place: string): void {
  const version = JsonReader.parse(bytes, `${place}: ${LAYOUT_FILE}`, 'E_LAYOUT_INVALID').get(
    'imageLayoutVersion',
  );
  if (version.string() !== '1.0.0') {
    throw version.error(
      `is ${safeText(JSON.stringify(version.string()))}, and only 1.0.0 is known`,
    );
  }
}

/** Parses `index.json`. Throws E_LAYOUT_INVALID. */
export function parseIndexFile(bytes: Uint8Array, place: string): Index {
  const root = JsonReader.parse(bytes, `${place}: ${INDEX_FILE}`, 'E_LAYOUT_INVALID');
  if (root.get('schemaVersion').count() !== 2) throw root.get('schemaVersion').error('is not 2');
  if (!root.get('layers').absent) throw root.error('has the fields of a manifest');
  return {
    schemaVersion: 2,
    mediaType: MEDIA.ociIndex,
    manifests: root.get('manifests').items().map(parseDescriptor),
    ...root.optional('annotations', (member) => member.stringMap()),
  };
}

/** The bytes of an `index.json` with these entries. */
export function encodeIndexFile(manifests: readonly Descriptor[]): Buffer {
  const index: Index = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests };
  return Buffer.from(JSON.stringify(index));
}

/** An entry for the image, without a name. */
export function indexEntry(image: ResolvedImage): Descriptor {
  const { architecture, os, variant } = image.config;
  return {
    mediaType: image.manifest.mediaType,
    digest: image.manifest.digest,
    size: image.manifest.size,
    platform: { architecture, os, ...(variant === undefined ? {} : { variant }) },
  };
}

/** Returns the entry under a name: `name` whole, `refName` as tools that know only OCI's annotation ask for it. */
export function withName(entry: Descriptor, name: string, refName: string): Descriptor {
  return { ...entry, annotations: { [IMAGE_NAME]: name, [REF_NAME]: refName } };
}

/** The name under which an entry was written: the whole one where there is one. */
export function entryName(entry: Descriptor): string | undefined {
  return entry.annotations?.[IMAGE_NAME] ?? entry.annotations?.[REF_NAME];
}

/** True where `name` is one of the entry's names. */
export function isNamed(entry: Descriptor, name: string): boolean {
  return entry.annotations?.[IMAGE_NAME] === name || entry.annotations?.[REF_NAME] === name;
}

/** The error for a layout or archive that has no image `name` among `entries` ('' asked for the only one). */
export function imageNotFound(place: string, name: string, names: readonly string[]): BuildError {
  const there =
    names.length === 0
      ? 'no image with a name'
      : names
          .slice(0, 10)
          .map((n) => safeText(n))
          .join(', ');
  return name === ''
    ? new BuildError('E_IMAGE_NOT_FOUND', `${place} holds not exactly one image: say which`, {
        hint: `it holds ${there}`,
      })
    : new BuildError('E_IMAGE_NOT_FOUND', `${place} has no image ${safeText(name)}`, {
        hint: `it holds ${there}`,
      });
}
