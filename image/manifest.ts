// Manifests and indexes from outside, checked: what comes out of here has only digests that are
// digests, sizes that are sizes, and one meaning. A document that could be read both as a manifest
// and as an index, or whose type is not what its server said, is refused (CVE-2021-41190).
// https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md and image-index.md

import { BuildError } from '../core/errors.ts';
import { safeText } from '../core/safe-text.ts';
import { JsonReader } from './json-reader.ts';
import { type Descriptor, type Index, type Manifest, MEDIA, type Platform } from './model.ts';

/** The limit that registries share. https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-manifests */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

export type ParsedManifest =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly index: Index };

/** How a layer's bytes are to be unpacked. */
export type LayerCompression = 'none' | 'gzip' | 'zstd';

const MANIFEST_TYPES: ReadonlySet<string> = new Set([MEDIA.ociManifest, MEDIA.dockerManifest]);
const INDEX_TYPES: ReadonlySet<string> = new Set([MEDIA.ociIndex, MEDIA.dockerIndex]);
const CONFIG_TYPES: ReadonlySet<string> = new Set([MEDIA.ociConfig, MEDIA.dockerConfig]);

const LAYER_TYPES: ReadonlyMap<string, LayerCompression> = new Map([
  [MEDIA.ociLayer, 'none'],
  [MEDIA.ociLayerGzip, 'gzip'],
  [MEDIA.ociLayerZstd, 'zstd'],
  [MEDIA.dockerLayerGzip, 'gzip'],
  ['application/vnd.docker.image.rootfs.diff.tar', 'none'],
  ['application/vnd.docker.image.rootfs.diff.tar.zstd', 'zstd'],
]);

/** Returns true for a media type of manifests or indexes that `parseManifest` reads. */
export function isManifestType(mediaType: string): boolean {
  return MANIFEST_TYPES.has(mediaType) || INDEX_TYPES.has(mediaType);
}

/** Returns the compression of a layer's media type. Throws E_UNSUPPORTED for one that is none of an ordinary layer. */
export function layerCompression(mediaType: string): LayerCompression {
  const compression = LAYER_TYPES.get(mediaType);
  if (compression !== undefined) return compression;
  const foreign = /nondistributable|foreign/.test(mediaType);
  throw new BuildError('E_UNSUPPORTED', `layers of type ${safeText(mediaType)} are not supported`, {
    hint: foreign
      ? 'its layers have to be fetched from somewhere else, as those of Windows images'
      : 'it may be an artifact (a chart, a signature) and not an image',
  });
}

/**
 * Parses a manifest or an index. `declaredType` is the media type that the descriptor or the server gave
 * it, undefined where nobody did; `name` is the image's, for messages.
 * Throws E_IMAGE_INVALID, and E_UNSUPPORTED for what is no image of this decade.
 */
export function parseManifest(
  bytes: Uint8Array,
  declaredType: string | undefined,
  name: string,
): ParsedManifest {
  const what = `the manifest of ${safeText(name)}`;
  if (bytes.byteLength > MAX_MANIFEST_BYTES) {
    throw new BuildError('E_IMAGE_INVALID', `${what} has more than ${MAX_MANIFEST_BYTES} bytes`);
  }
  const root = JsonReader.parse(bytes, what, 'E_IMAGE_INVALID');
  const isIndex = kindOf(root, declaredType) === 'index';
  if (root.get('schemaVersion').count() !== 2) throw root.get('schemaVersion').error('is not 2');
  const mediaType =
    mediaTypeOf(root, declaredType) ?? (isIndex ? MEDIA.ociIndex : MEDIA.ociManifest);
  const annotations = root.optional('annotations', (member) => member.stringMap());
  if (isIndex) {
    const manifests = root.get('manifests').items().map(parseDescriptor);
    return { kind: 'index', index: { schemaVersion: 2, mediaType, manifests, ...annotations } };
  }
  const config = parseDescriptor(root.get('config'));
  const layers = root.get('layers').items().map(parseDescriptor);
  if (!CONFIG_TYPES.has(config.mediaType)) {
    throw new BuildError(
      'E_UNSUPPORTED',
      `${safeText(name)} is not an image: its config is of type ${safeText(config.mediaType)}`,
      { hint: 'it is some other artifact that a registry holds, such as a chart' },
    );
  }
  for (const layer of layers) layerCompression(layer.mediaType);
  return {
    kind: 'manifest',
    manifest: { schemaVersion: 2, mediaType, config, layers, ...annotations },
  };
}

/** Parses one descriptor of a manifest or an index; only the fields that slipway uses are kept. */
export function parseDescriptor(from: JsonReader): Descriptor {
  return {
    mediaType: from.get('mediaType').string(),
    digest: from.get('digest').digest(),
    size: from.get('size').count(),
    ...from.optional('platform', parsePlatformObject),
    ...from.optional('annotations', (member) => member.stringMap()),
    ...from.optional('artifactType', (member) => member.string()),
  };
}

function parsePlatformObject(from: JsonReader): Platform {
  return {
    os: from.get('os').string(),
    architecture: from.get('architecture').string(),
    ...from.optional('variant', (member) => member.string()),
    ...from.optional('os.version', (member) => member.string()),
  };
}

function kindOf(root: JsonReader, declaredType: string | undefined): 'manifest' | 'index' {
  const mediaType = mediaTypeOf(root, declaredType);
  const looksLikeManifest = !root.get('layers').absent || !root.get('config').absent;
  const looksLikeIndex = !root.get('manifests').absent;
  refuseSchema1(root, mediaType);
  if (looksLikeManifest && looksLikeIndex) {
    throw root.error('could be read as a manifest and as an index (CVE-2021-41190)');
  }
  if (mediaType === undefined) {
    if (looksLikeManifest || looksLikeIndex) return looksLikeIndex ? 'index' : 'manifest';
    throw root.error('is neither a manifest nor an index');
  }
  if (INDEX_TYPES.has(mediaType)) {
    if (looksLikeManifest) throw root.error('is called an index and has the fields of a manifest');
    return 'index';
  }
  if (!MANIFEST_TYPES.has(mediaType)) {
    throw root.error(`has the unknown media type ${safeText(mediaType)}`);
  }
  if (looksLikeIndex) throw root.error('is called a manifest and has the fields of an index');
  return 'manifest';
}

/** What the document says of itself, which must be what was said of it. */
function mediaTypeOf(root: JsonReader, declaredType: string | undefined): string | undefined {
  const own = root.get('mediaType').absent ? undefined : root.get('mediaType').string();
  if (own !== undefined && declaredType !== undefined && own !== declaredType) {
    throw root.error(`says that it is ${safeText(own)}, but came as ${safeText(declaredType)}`);
  }
  return own ?? declaredType;
}

function refuseSchema1(root: JsonReader, mediaType: string | undefined): void {
  const old = !root.get('fsLayers').absent || !root.get('signatures').absent;
  if (!old && !mediaType?.startsWith('application/vnd.docker.distribution.manifest.v1')) return;
  throw new BuildError('E_UNSUPPORTED', 'the image has a manifest of Docker schema 1', {
    hint: 'that form ended in 2015 and cannot be verified; push the image again with a current tool',
  });
}
