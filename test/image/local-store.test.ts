import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diskBlobs } from '../../cache/blobs.ts';
import { hexOf } from '../../core/digest.ts';
import { type LocalStore, openLocalStore } from '../../image/local-store.ts';
import { collect, testImage, testIndex } from '../support/oci.ts';
import { script } from '../support/script.ts';
import { tmpDir } from '../support/tmp.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const APP = 'docker.io/library/app:latest';

test('an image that was written is found by its short and its complete name and by digest, whole', async () => {
  const { store } = newStore();
  const image = await testImage({ layers: [{ a: '1' }, { b: '2' }] });
  await store.write(image, [APP]);
  for (const name of [
    'app',
    'app:latest',
    APP,
    image.manifest.digest,
    `app@${image.manifest.digest}`,
  ]) {
    const found = await store.resolve(name, AMD64);
    expect(found.manifestBytes).toEqual(image.manifestBytes);
    expect(found.config).toEqual(image.config);
    for (const layer of found.layers) {
      expect(await collect(found.openBlob(layer))).toEqual(image.blobs.get(layer.digest));
    }
  }
});

test('a name that is not there is E_IMAGE_NOT_FOUND with the names that are', async () => {
  const { store } = newStore();
  await expect(store.resolve('app', AMD64)).rejects.toMatchObject({
    code: 'E_IMAGE_NOT_FOUND',
    message: 'the local store has no image app',
    hint: 'it holds no image with a name',
  });
  await store.write(await testImage(), [APP]);
  await expect(store.resolve('other', AMD64)).rejects.toMatchObject({ hint: `it holds ${APP}` });
});

test('a blob that the store has already is not read from the image again', async () => {
  const { store } = newStore();
  const image = await testImage();
  await store.write(image, [APP]);
  const unreadable = {
    ...image,
    openBlob: () => {
      throw new Error('read again');
    },
  };
  await store.write(unreadable, ['docker.io/library/other:1']);
  expect((await store.list()).map(({ name }) => name)).toEqual([APP, 'docker.io/library/other:1']);
});

test('an image whose layers cannot be had gets no name', async () => {
  const { store } = newStore();
  const image = await testImage();
  const broken = {
    ...image,
    // biome-ignore lint/correctness/useYield: it fails before the first chunk
    async *openBlob() {
      throw new Error('cable cut');
    },
  };
  await expect(store.write(broken, [APP])).rejects.toThrow('cable cut');
  expect(await store.list()).toEqual([]);
});

test('a name moves to the image that gets it last, and the former image is gone with its last name', async () => {
  const { store } = newStore();
  const [one, two] = [await testImage(), await testImage({ layers: [{ b: '2' }] })];
  await store.write(one, [APP]);
  await store.write(two, [APP]);
  expect((await store.list()).map(({ digest }) => digest)).toEqual([two.manifest.digest]);
});

test('an image without a name is kept under its digest until it gets one', async () => {
  const { store } = newStore();
  const image = await testImage();
  await store.write(image, []);
  await store.write(image, []);
  expect((await store.list()).map(({ name }) => name)).toEqual([undefined]);
  await store.tag(image.manifest.digest, 'app');
  expect((await store.list()).map(({ name }) => name)).toEqual([APP]);
});

test('tag adds a name; untag takes one away, by digest all', async () => {
  const { store } = newStore();
  const image = await testImage();
  await store.write(image, [APP]);
  await store.tag('app', 'localhost:5000/team/app:1');
  await store.tag('app', 'app:2');
  await store.untag('app:2');
  expect((await store.list()).map(({ name }) => name)).toEqual([APP, 'localhost:5000/team/app:1']);
  await store.untag(image.manifest.digest);
  expect(await store.list()).toEqual([]);
  await expect(store.untag('app')).rejects.toMatchObject({
    code: 'E_IMAGE_NOT_FOUND',
    message: `the local store has no image ${APP}`,
  });
  await expect(store.tag('app', 'b')).rejects.toMatchObject({ code: 'E_IMAGE_NOT_FOUND' });
});

test('list says name, digest, creation, size and platform; a damaged image is still listed', async () => {
  const { store, blobPath } = newStore();
  const image = await testImage({ platform: { os: 'linux', architecture: 'arm', variant: 'v7' } });
  await store.write(image, [APP]);
  const sizes = [...image.blobs.values()].map((bytes) => bytes.byteLength);
  const whole = {
    name: APP,
    digest: image.manifest.digest,
    created: '2024-01-02T03:04:05Z',
    size: sizes.reduce((a, b) => a + b),
    platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
  };
  expect(await store.list()).toEqual([whole]);
  rmSync(blobPath(image.manifest.digest));
  expect(await store.list()).toEqual([{ ...whole, created: undefined, size: image.manifest.size }]);
});

test('the blobs in use are those of every image, through an index too', async () => {
  const { store, blobs, root } = newStore();
  const images = [await testImage(), await testImage({ layers: [{ b: '2' }] })];
  for (const image of images) await store.write(image, []);
  const index = testIndex(images);
  await blobs.put([index.bytes]);
  writeFileSync(
    join(root, 'oci', 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [index.descriptor] }),
  );
  const expected = [index.descriptor.digest, ...images.flatMap((image) => [...image.blobs.keys()])];
  expect(await store.usedBlobs()).toEqual(new Set(expected));
});

test('a layer that was damaged is refused when it is read', async () => {
  const { store, blobPath } = newStore();
  const image = await testImage();
  await store.write(image, [APP]);
  const [layer] = image.layers;
  if (layer === undefined) throw new Error('no layer');
  writeFileSync(blobPath(layer.digest), Buffer.alloc(layer.size));
  const found = await store.resolve(APP, AMD64);
  await expect(collect(found.openBlob(layer))).rejects.toMatchObject({ code: 'E_BLOB_CORRUPT' });
});

test('an index that is not JSON any more is read from its copy, and without one it is E_LAYOUT_INVALID', async () => {
  const { store, root } = newStore();
  await store.write(await testImage(), [APP]);
  const index = join(root, 'oci', 'index.json');
  writeFileSync(index, '{');
  expect((await store.list()).map(({ name }) => name)).toEqual([APP]);
  await store.tag('app', 'app:2');
  expect(JSON.parse(readFileSync(index, 'utf8')).manifests).toHaveLength(2);
  writeFileSync(index, '{');
  rmSync(join(root, 'oci', '.index-copy.json'));
  await expect(store.list()).rejects.toMatchObject({ code: 'E_LAYOUT_INVALID' });
});

test('processes that tag at once all land', async () => {
  const { store, root } = newStore();
  await store.write(await testImage(), [APP]);
  const start = script(
    `import { diskBlobs } from './cache/blobs.ts';
     import { openLocalStore } from './image/local-store.ts';
     const [root, name] = process.argv.slice(2);
     const store = openLocalStore(root + '/oci', diskBlobs(root + '/oci', root + '/tmp'));
     for (let i = 0; i < 5; i++) await store.tag('app', name + ':' + i);
     process.disconnect();`,
  );
  const exits = ['a', 'b', 'c', 'd'].map((name) => once(start(root, name), 'exit'));
  expect((await Promise.all(exits)).map(([code]) => code)).toEqual([0, 0, 0, 0]);
  expect(await store.list()).toHaveLength(21);
  expect(readdirSync(join(root, 'oci')).sort()).toEqual([
    '.index-copy.json',
    '.lock',
    'blobs',
    'index.json',
    'oci-layout',
  ]);
}, 60_000);

test('the folder is a plain OCI layout', async () => {
  const { store, root } = newStore();
  await store.write(await testImage(), [APP]);
  const text = (name: string) => JSON.parse(readFileSync(join(root, 'oci', name), 'utf8'));
  expect(text('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' });
  expect(text('index.json').manifests[0].annotations).toEqual({
    'io.containerd.image.name': APP,
    'org.opencontainers.image.ref.name': APP,
  });
});

function newStore(): {
  root: string;
  store: LocalStore;
  blobs: ReturnType<typeof diskBlobs>;
  blobPath: (digest: Parameters<typeof hexOf>[0]) => string;
} {
  const root = tmpDir();
  const oci = join(root, 'oci');
  const blobs = diskBlobs(oci, join(root, 'tmp'));
  const store = openLocalStore(oci, blobs);
  return { root, store, blobs, blobPath: (digest) => join(oci, 'blobs', 'sha256', hexOf(digest)) };
}
