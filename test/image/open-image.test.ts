import { expect, test } from 'vitest';
import { BuildError } from '../../core/errors.ts';
import { resolveImage } from '../../image/open-image.ts';
import type { ImageSource, ResolvedImage } from '../../image/source.ts';
import { testImage } from '../support/oci.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };

test('the local store comes first, the registry is not asked', async () => {
  const image = await testImage();
  expect(
    await resolveImage('app', AMD64, { local: has(image), registry: unasked, pull: false }),
  ).toBe(image);
});

test('with pull the registry comes first, the local store is not asked', async () => {
  const image = await testImage();
  expect(
    await resolveImage('app', AMD64, { local: unasked, registry: has(image), pull: true }),
  ).toBe(image);
});

test('both are asked by the complete name', async () => {
  const asked: string[] = [];
  const asks = (code: 'E_IMAGE_NOT_FOUND'): ImageSource => ({
    async resolve(name) {
      asked.push(name);
      throw new BuildError(code, 'no');
    },
  });
  const places = {
    local: asks('E_IMAGE_NOT_FOUND'),
    registry: asks('E_IMAGE_NOT_FOUND'),
    pull: false,
  };
  await resolveImage('app', AMD64, places).catch(() => {});
  expect(asked).toEqual(['docker.io/library/app:latest', 'docker.io/library/app:latest']);
});

test.each([
  'E_IMAGE_NOT_FOUND',
  'E_PLATFORM_NOT_FOUND',
  'E_BLOB_MISSING',
  'E_BLOB_CORRUPT',
] as const)('where the local store fails by %s the registry is asked', async (code) => {
  const image = await testImage();
  expect(
    await resolveImage('app', AMD64, { local: fails(code), registry: has(image), pull: false }),
  ).toBe(image);
});

test('a local image of another platform is not taken', async () => {
  const image = await testImage();
  const other = await testImage({ platform: { os: 'linux', architecture: 'arm64' } });
  expect(
    await resolveImage('app', AMD64, { local: has(other), registry: has(image), pull: false }),
  ).toBe(image);
  await expect(
    resolveImage('app', AMD64, {
      local: has(other),
      registry: fails('E_IMAGE_NOT_FOUND'),
      pull: false,
    }),
  ).rejects.toMatchObject({
    code: 'E_IMAGE_NOT_FOUND',
    message: 'no; the local store has app:latest only for linux/arm64',
  });
});

test('what neither has is told with both places named, and the registry’s code and hint', async () => {
  const registry = fails(
    'E_REGISTRY_UNREACHABLE',
    'registry.example.com cannot be reached',
    'check the network',
  );
  const places = { local: fails('E_IMAGE_NOT_FOUND'), registry, pull: false };
  await expect(resolveImage('app:1', AMD64, places)).rejects.toMatchObject({
    code: 'E_REGISTRY_UNREACHABLE',
    message: 'registry.example.com cannot be reached; the local store has no app:1',
    hint: 'check the network',
  });
  await expect(resolveImage('app:1', AMD64, { ...places, pull: true })).rejects.toMatchObject({
    message:
      'registry.example.com cannot be reached; the local store was not asked, because of --pull',
  });
});

test('without a registry the local store is all there is', async () => {
  await expect(
    resolveImage('app', AMD64, {
      local: fails('E_IMAGE_NOT_FOUND'),
      registry: undefined,
      pull: true,
    }),
  ).rejects.toMatchObject({
    code: 'E_IMAGE_NOT_FOUND',
    message: 'there is no image app:latest: the local store has no app:latest',
    hint: 'no registry may be asked in this mode; build or load the image first',
  });
});

test('any other failure of the local store is not covered up', async () => {
  await expect(
    resolveImage('app', AMD64, {
      local: fails('E_LAYOUT_INVALID'),
      registry: unasked,
      pull: false,
    }),
  ).rejects.toMatchObject({
    code: 'E_LAYOUT_INVALID',
  });
});

const unasked: ImageSource = {
  async resolve() {
    throw new Error('this place should not have been asked');
  },
};

function has(image: ResolvedImage): ImageSource {
  return { resolve: async () => image };
}

function fails(
  code: ConstructorParameters<typeof BuildError>[0],
  message = 'no',
  hint?: string,
): ImageSource {
  return {
    async resolve() {
      throw new BuildError(code, message, { hint });
    },
  };
}
