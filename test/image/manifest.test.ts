import { expect, test } from 'vitest';
import { layerCompression, MAX_MANIFEST_BYTES, parseManifest } from '../../image/manifest.ts';
import { MEDIA } from '../../image/model.ts';
import { testImage, testIndex } from '../support/oci.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const CONFIG = { mediaType: MEDIA.ociConfig, digest: DIGEST, size: 2 };
const LAYER = { mediaType: MEDIA.ociLayerGzip, digest: DIGEST, size: 3 };
const MANIFEST = {
  schemaVersion: 2,
  mediaType: MEDIA.ociManifest,
  config: CONFIG,
  layers: [LAYER],
};
const INDEX = {
  schemaVersion: 2,
  mediaType: MEDIA.ociIndex,
  manifests: [
    {
      mediaType: MEDIA.ociManifest,
      digest: DIGEST,
      size: 4,
      platform: { os: 'linux', architecture: 'amd64' },
    },
  ],
};

test('a manifest and an index come back typed, unknown fields dropped', async () => {
  const image = await testImage();
  expect(parseManifest(image.manifestBytes, MEDIA.ociManifest, 'a')).toEqual({
    kind: 'manifest',
    manifest: JSON.parse(image.manifestBytes.toString()),
  });
  const index = testIndex([image]);
  expect(parseManifest(index.bytes, MEDIA.ociIndex, 'a')).toEqual({
    kind: 'index',
    index: JSON.parse(index.bytes.toString()),
  });
  expect(
    parse({ ...MANIFEST, annotations: { a: 'b' }, evil: 1, config: { ...CONFIG, urls: [] } }),
  ).toEqual({
    kind: 'manifest',
    manifest: { ...MANIFEST, annotations: { a: 'b' } },
  });
});

test('Docker’s types are read as well as OCI’s', () => {
  const docker = {
    schemaVersion: 2,
    mediaType: MEDIA.dockerManifest,
    config: { ...CONFIG, mediaType: MEDIA.dockerConfig },
    layers: [{ ...LAYER, mediaType: MEDIA.dockerLayerGzip }],
  };
  expect(parse(docker, MEDIA.dockerManifest)).toMatchObject({ kind: 'manifest' });
  expect(parse({ ...INDEX, mediaType: MEDIA.dockerIndex })).toMatchObject({ kind: 'index' });
});

test('a document without a media type is what its fields say', () => {
  const { mediaType: _, ...manifest } = MANIFEST;
  const { mediaType: __, ...index } = INDEX;
  expect(parse(manifest)).toMatchObject({
    kind: 'manifest',
    manifest: { mediaType: MEDIA.ociManifest },
  });
  expect(parse(index)).toMatchObject({ kind: 'index', index: { mediaType: MEDIA.ociIndex } });
  expect(parse(manifest, MEDIA.dockerManifest)).toMatchObject({
    manifest: { mediaType: MEDIA.dockerManifest },
  });
});

// CVE-2021-41190: one digest, two meanings, depending on who reads it.
test.each([
  [
    'both kinds of fields',
    { ...MANIFEST, manifests: [] },
    undefined,
    'could be read as a manifest and as an index (CVE-2021-41190)',
  ],
  [
    'both, and null is a field that is not there',
    { ...INDEX, layers: null, config: CONFIG },
    undefined,
    'could be read as a manifest and as an index (CVE-2021-41190)',
  ],
  [
    'a manifest that calls itself an index',
    { ...MANIFEST, mediaType: MEDIA.ociIndex },
    undefined,
    'is called an index and has the fields of a manifest',
  ],
  [
    'an index that calls itself a manifest',
    { ...INDEX, mediaType: MEDIA.ociManifest },
    undefined,
    'is called a manifest and has the fields of an index',
  ],
  [
    'a type that is not the server’s',
    MANIFEST,
    MEDIA.ociIndex,
    `says that it is ${MEDIA.ociManifest}, but came as ${MEDIA.ociIndex}`,
  ],
  ['neither kind of fields', { schemaVersion: 2 }, undefined, 'is neither a manifest nor an index'],
  [
    'an unknown type',
    { ...MANIFEST, mediaType: 'text/html' },
    undefined,
    'has the unknown media type text/html',
  ],
])('%s is refused', (_, document, declared, why) => {
  expectInvalid(document, declared, `the manifest of app:1 ${why}`);
});

test.each([
  ['no config', { ...MANIFEST, config: undefined }, ': config is missing'],
  ['a config that is text', { ...MANIFEST, config: 'x' }, ': config is not an object'],
  [
    'a digest that is a path',
    { ...MANIFEST, layers: [{ ...LAYER, digest: '../../etc/passwd' }] },
    ': layers[0]: digest is not a sha256 digest',
  ],
  [
    'a digest in capitals',
    { ...MANIFEST, config: { ...CONFIG, digest: DIGEST.toUpperCase() } },
    ': config: digest is not a sha256 digest',
  ],
  [
    'a negative size',
    { ...MANIFEST, layers: [{ ...LAYER, size: -1 }] },
    ': layers[0]: size is not a whole number from 0',
  ],
  [
    'a size that is no whole number',
    { ...MANIFEST, layers: [{ ...LAYER, size: 1e300 }] },
    ': layers[0]: size is not a whole number from 0',
  ],
  ['layers that are no list', { ...MANIFEST, layers: { length: 1 } }, ': layers is not a list'],
  ['another schema version', { ...MANIFEST, schemaVersion: 3 }, ': schemaVersion is not 2'],
  [
    'annotations that are numbers',
    { ...MANIFEST, annotations: { a: 1 } },
    ': annotations: a is not text',
  ],
])('%s is refused with the place', (_, document, why) => {
  expectInvalid(document, undefined, `the manifest of app:1${why}`);
});

test('what is not JSON, not UTF-8 or too large is refused', () => {
  const error = (message: string) => expect.objectContaining({ code: 'E_IMAGE_INVALID', message });
  expect(() => parseManifest(Buffer.from('<html>'), undefined, 'a')).toThrow(
    error('the manifest of a is not JSON'),
  );
  expect(() => parseManifest(Buffer.from([0x22, 0xff, 0x22]), undefined, 'a')).toThrow(
    error('the manifest of a is not JSON'),
  );
  expect(() => parseManifest(Buffer.alloc(MAX_MANIFEST_BYTES + 1), undefined, 'a')).toThrow(
    error(`the manifest of a has more than ${MAX_MANIFEST_BYTES} bytes`),
  );
});

test.each([
  ['schema 1 by its fields', { schemaVersion: 1, fsLayers: [], history: [] }, undefined],
  [
    'schema 1 by its type',
    { schemaVersion: 1 },
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
  ],
])('%s is told as such', (_, document, declared) => {
  expect(() => parse(document, declared)).toThrow(
    expect.objectContaining({
      code: 'E_UNSUPPORTED',
      message: 'the image has a manifest of Docker schema 1',
    }),
  );
});

test('an artifact that is no image is told as such', () => {
  const chart = {
    ...MANIFEST,
    config: { ...CONFIG, mediaType: 'application/vnd.cncf.helm.config.v1+json' },
  };
  expect(() => parse(chart)).toThrow(
    expect.objectContaining({
      code: 'E_UNSUPPORTED',
      message:
        'app:1 is not an image: its config is of type application/vnd.cncf.helm.config.v1+json',
    }),
  );
});

test('a layer of an unknown type is told as such, a foreign one with the reason', () => {
  const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  expect(() => parse({ ...MANIFEST, layers: [{ ...LAYER, mediaType: foreign }] })).toThrow(
    expect.objectContaining({
      code: 'E_UNSUPPORTED',
      message: `layers of type ${foreign} are not supported`,
      hint: 'its layers have to be fetched from somewhere else, as those of Windows images',
    }),
  );
  expect(layerCompression(MEDIA.ociLayer)).toBe('none');
  expect(layerCompression(MEDIA.ociLayerGzip)).toBe('gzip');
  expect(layerCompression(MEDIA.ociLayerZstd)).toBe('zstd');
});

function parse(document: object, declared?: string) {
  return parseManifest(Buffer.from(JSON.stringify(document)), declared, 'app:1');
}

function expectInvalid(document: object, declared: string | undefined, message: string): void {
  expect(() => parse(document, declared)).toThrow(
    expect.objectContaining({ code: 'E_IMAGE_INVALID', message }),
  );
}
