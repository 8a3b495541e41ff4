import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hexOf } from '../../core/digest.ts';
import { openLayout } from '../../image/layout/read.ts';
import { layoutSink } from '../../image/layout/write.ts';
import { collect, type TestImage, testImage, testIndex } from '../support/oci.ts';
import { tmpDir } from '../support/tmp.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };

describe('writing', () => {
  test('a folder that was written reads back the same, under each of its names', async () => {
    const path = join(tmpDir(), 'out');
    const image = await testImage({ layers: [{ a: '1' }, { b: '2' }] });
    await layoutSink(path).write(image, ['docker.io/library/app:1', 'ghcr.io/me/app:2']);
    const source = await openLayout(path);
    for (const name of ['', 'app:1', '1', 'docker.io/library/app:1', 'ghcr.io/me/app:2', '2']) {
      await expectSame(await source.resolve(name, AMD64), image);
    }
    expect(readdirSync(path).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  });

  test('images that are there stay; a name means the image that was written last', async () => {
    const path = tmpDir();
    const [one, two] = [await testImage(), await testImage({ layers: [{ b: '2' }] })];
    await layoutSink(path).write(one, ['docker.io/library/a:1', 'docker.io/library/b:1']);
    await layoutSink(path).write(two, ['docker.io/library/b:1']);
    const source = await openLayout(path);
    await expectSame(await source.resolve('a:1', AMD64), one);
    await expectSame(await source.resolve('b:1', AMD64), two);
    // The tag alone went to the first that had it.
    await expectSame(await source.resolve('1', AMD64), one);
  });

  test('an image without a name takes the place of the one without', async () => {
    const path = tmpDir();
    const [one, two] = [await testImage(), await testImage({ layers: [{ b: '2' }] })];
    await layoutSink(path).write(one, []);
    await layoutSink(path).write(two, []);
    await expectSame(await (await openLayout(path)).resolve('', AMD64), two);
  });

  test('a source that fails leaves the former images as they were', async () => {
    const path = tmpDir();
    const one = await testImage();
    await layoutSink(path).write(one, ['docker.io/library/a:1']);
    const broken = {
      ...(await testImage({ layers: [{ b: '2' }] })),
      // biome-ignore lint/correctness/useYield: it fails before the first chunk
      async *openBlob() {
        throw new Error('cable cut');
      },
    };
    await expect(layoutSink(path).write(broken, ['docker.io/library/a:1'])).rejects.toThrow(
      'cable cut',
    );
    await expectSame(await (await openLayout(path)).resolve('a:1', AMD64), one);
    expect(readdirSync(path).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  });
});

describe('selecting', () => {
  test('of an index the platform chooses; a digest may name the index or one of its manifests', async () => {
    const { path, images, index } = await multiPlatform();
    const source = await openLayout(path);
    const [amd64, arm64] = images;
    await expectSame(await source.resolve('app', AMD64), amd64);
    await expectSame(await source.resolve('', ARM64), arm64);
    await expectSame(await source.resolve(`app@${index}`, ARM64), arm64);
    await expectSame(await source.resolve(arm64.manifest.digest, AMD64), arm64);
    await expect(
      source.resolve('app', { os: 'linux', architecture: 's390x' }),
    ).rejects.toMatchObject({
      code: 'E_PLATFORM_NOT_FOUND',
      message: `app of ${path} has no image for linux/s390x`,
      hint: 'it is there for linux/amd64, linux/arm64; --platform chooses another',
    });
  });

  test('without a name there must be one image; a name or digest that is not there lists those that are', async () => {
    const path = tmpDir();
    await layoutSink(path).write(await testImage(), ['docker.io/library/a:1']);
    await layoutSink(path).write(await testImage({ layers: [{ b: '2' }] }), [
      'docker.io/library/b:1',
    ]);
    const source = await openLayout(path);
    const hint = 'it holds docker.io/library/a:1, docker.io/library/b:1';
    await expect(source.resolve('', AMD64)).rejects.toMatchObject({
      code: 'E_IMAGE_NOT_FOUND',
      message: `${path} holds not exactly one image: say which`,
      hint,
    });
    await expect(source.resolve('c', AMD64)).rejects.toMatchObject({
      code: 'E_IMAGE_NOT_FOUND',
      hint,
    });
    const digest = `sha256:${'0'.repeat(64)}`;
    await expect(source.resolve(digest, AMD64)).rejects.toMatchObject({
      code: 'E_IMAGE_NOT_FOUND',
      message: `${path} has no image ${digest}`,
    });
  });

  test('indexes in indexes end at four', async () => {
    const { path, image } = await written();
    let index = testIndex([image]);
    for (let depth = 0; depth < 5; depth++) {
      writeFileSync(join(path, 'blobs', 'sha256', hexOf(index.descriptor.digest)), index.bytes);
      index = testIndex([{ ...image, manifest: index.descriptor }]);
    }
    writeFileSync(join(path, 'index.json'), index.bytes);
    await expect((await openLayout(path)).resolve('', AMD64)).rejects.toMatchObject({
      code: 'E_IMAGE_INVALID',
      message: expect.stringContaining('has indexes in indexes, 4 deep'),
    });
  });
});

describe('hostile folders', () => {
  test('every blob in turn: damage is found by whoever reads it', async () => {
    const { path, image } = await written();
    for (const [digest, bytes] of image.blobs) {
      const file = join(path, 'blobs', 'sha256', hexOf(digest));
      writeFileSync(file, Buffer.alloc(bytes.byteLength, 'x'));
      await expect(readAll(path), digest).rejects.toMatchObject({
        code: 'E_BLOB_CORRUPT',
        message: expect.stringContaining(`blob ${digest} of ${path} is damaged: its digest is`),
      });
      rmSync(file);
      await expect(readAll(path), digest).rejects.toMatchObject({
        code: 'E_BLOB_MISSING',
        message: `${path} lacks blob ${digest}`,
      });
      writeFileSync(file, bytes);
    }
    await readAll(path);
  });

  test('a blob that is a FIFO or a folder does not hang: it is not there', async () => {
    const { path, image } = await written();
    const [layer] = image.layers;
    const file = join(path, 'blobs', 'sha256', hexOf(layer?.digest ?? image.manifest.digest));
    rmSync(file);
    expect(spawnSync('mkfifo', [file]).status).toBe(0);
    await expect(readAll(path)).rejects.toMatchObject({ code: 'E_BLOB_MISSING' });
    rmSync(file);
    mkdirSync(file);
    await expect(readAll(path)).rejects.toMatchObject({ code: 'E_BLOB_MISSING' });
  });

  test('a blob that is a link to another file is believed only as far as its digest goes', async () => {
    const { path, image } = await written();
    const [layer] = image.layers;
    const file = join(path, 'blobs', 'sha256', hexOf(layer?.digest ?? image.manifest.digest));
    const elsewhere = join(tmpDir(), 'elsewhere');
    writeFileSync(elsewhere, readFileSync(file));
    rmSync(file);
    symlinkSync(elsewhere, file);
    await readAll(path);
    writeFileSync(elsewhere, 'secret');
    await expect(readAll(path)).rejects.toMatchObject({ code: 'E_BLOB_CORRUPT' });
  });

  test.each([
    ['no oci-layout', 'oci-layout', undefined, 'is not an OCI layout: it has no oci-layout'],
    ['no index', 'index.json', undefined, 'is not an OCI layout: it has no index.json'],
    ['an oci-layout that is not JSON', 'oci-layout', 'x', ': oci-layout is not JSON'],
    [
      'another version',
      'oci-layout',
      '{"imageLayoutVersion":"2.0.0"}',
      ': oci-layout: imageLayoutVersion is "2.0.0", and only 1.0.0 is known',
    ],
    ['an index that is a list', 'index.json', '[]', ': index.json is not an object'],
    [
      'an index that is a manifest too',
      'index.json',
      '{"schemaVersion":2,"manifests":[],"layers":[]}',
      ': index.json has the fields of a manifest',
    ],
    [
      'a digest that is a path',
      'index.json',
      '{"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"sha256:../../../etc/passwd","size":1}]}',
      ': index.json: manifests[0]: digest is not a sha256 digest',
    ],
  ])('%s is E_LAYOUT_INVALID', async (_, name, text, why) => {
    const { path } = await written();
    rmSync(join(path, name));
    if (text !== undefined) writeFileSync(join(path, name), text);
    const error = await openLayout(path).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_LAYOUT_INVALID' });
    expect((error as Error).message).toMatch(path);
    expect((error as Error).message.endsWith(why), (error as Error).message).toBe(true);
  });

  test('a folder that is not there, or a file, is E_LAYOUT_INVALID', async () => {
    const file = join(tmpDir(), 'file');
    writeFileSync(file, 'x');
    for (const path of [file, `${file}-not`]) {
      await expect(openLayout(path)).rejects.toMatchObject({
        code: 'E_LAYOUT_INVALID',
        message: `${path} is not an OCI layout: it has no oci-layout`,
      });
    }
  });
});

async function written(): Promise<{ path: string; image: TestImage }> {
  const path = tmpDir();
  const image = await testImage();
  await layoutSink(path).write(image, []);
  return { path, image };
}

async function multiPlatform() {
  const path = tmpDir();
  const images = [await testImage(), await testImage({ platform: ARM64 })] as const;
  for (const image of images) await layoutSink(path).write(image, []);
  const { descriptor, bytes } = testIndex(images);
  writeFileSync(join(path, 'blobs', 'sha256', hexOf(descriptor.digest)), bytes);
  const entry = { ...descriptor, annotations: { 'org.opencontainers.image.ref.name': 'app' } };
  writeFileSync(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  return { path, images, index: descriptor.digest };
}

async function readAll(path: string): Promise<void> {
  const image = await (await openLayout(path)).resolve('', AMD64);
  for (const layer of image.layers) await collect(image.openBlob(layer));
}

async function expectSame(
  actual: Awaited<ReturnType<Awaited<ReturnType<typeof openLayout>>['resolve']>>,
  expected: TestImage,
): Promise<void> {
  expect(actual.manifestBytes).toEqual(expected.manifestBytes);
  expect(actual.configBytes).toEqual(expected.configBytes);
  for (const layer of actual.layers) {
    expect(await collect(actual.openBlob(layer))).toEqual(expected.blobs.get(layer.digest));
  }
}
