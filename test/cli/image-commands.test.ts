import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dispatch } from '../../cli/dispatch.ts';
import { withImages } from '../../cli/with-store.ts';
import { sha256 } from '../../core/digest.ts';
import { type ImageConfig, type Manifest, MEDIA } from '../../image/model.ts';
import type { ResolvedImage } from '../../image/source.ts';
import { tmpDir } from '../support/tmp.ts';
import { type FakeHost, fakeHost } from './host.ts';
import { makeTar } from './make-tar.ts';
import { rejected } from './thrown.ts';

function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, digest: sha256(bytes), size: bytes.length };
}

/** An image with one layer that holds one file. */
async function smallImage(content: string): Promise<ResolvedImage> {
  const layerBytes = await makeTar([{ name: 'file', content }]);
  const layer = descriptor(MEDIA.ociLayer, layerBytes);
  const config: ImageConfig = {
    created: '2020-01-01T00:00:00Z',
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['/file'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  };
  const configBytes = Buffer.from(JSON.stringify(config));
  const configDescriptor = descriptor(MEDIA.ociConfig, configBytes);
  const mediaType = MEDIA.ociManifest;
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType,
    config: configDescriptor,
    layers: [layer],
  };
  const manifestBytes = Buffer.from(JSON.stringify(manifest));
  return {
    name: 'small',
    manifest: descriptor(mediaType, manifestBytes),
    manifestBytes,
    configDescriptor,
    configBytes,
    config,
    layers: [layer],
    async *openBlob() {
      yield layerBytes;
    },
  };
}

const APP = 'docker.io/library/app:latest';

/** A host with a store of its own, in which `app` is an image. */
async function hostWithApp(): Promise<{ host: FakeHost; image: ResolvedImage }> {
  const cwd = tmpDir();
  const host = fakeHost({ cwd, env: { SLIPWAY_HOME: 'store' } });
  const image = await smallImage('hello');
  await withImages(host, (images) => images.write(image, [APP]));
  return { host, image };
}

async function run(host: FakeHost, ...words: string[]): Promise<string> {
  expect(await dispatch(words, host)).toBe(0);
  return host.out();
}

test('images lists names, short digests, platforms, ages and sizes', async () => {
  const { host, image } = await hostWithApp();
  const hex = image.manifest.digest.slice(7, 19);
  const table = await run(host, 'images');
  expect(table.replace(/\d+ years ago/, 'years ago')).toMatch(
    new RegExp(
      `^NAME +DIGEST +PLATFORM +CREATED +SIZE\\napp:latest +${hex} +linux/amd64 +years ago +[\\d.]+kB\\n$`,
    ),
  );
  expect(await run(host, 'images', '-q')).toBe(`${image.manifest.digest}\n`);
  expect(JSON.parse(await run(host, 'images', '--format', 'json'))).toEqual({
    name: APP,
    digest: image.manifest.digest,
    created: '2020-01-01T00:00:00Z',
    size: expect.any(Number),
    platform: 'linux/amd64',
  });
});

test('tag gives a second name, rmi takes it away again', async () => {
  const { host, image } = await hostWithApp();
  await run(host, 'tag', 'app', 'localhost:5000/app:1');
  expect(await run(host, 'images')).toContain('localhost:5000/app:1 ');
  expect(await run(host, 'images', '-q')).toBe(`${image.manifest.digest}\n`);
  expect(await run(host, 'rmi', 'app')).toBe('removed app\n');
  expect(await run(host, 'images')).not.toContain('app:latest');
  expect(await rejected(dispatch(['rmi', 'app'], host))).toContain('error[E_IMAGE_NOT_FOUND]');
});

test('inspect shows config and manifest', async () => {
  const { host, image } = await hostWithApp();
  expect(JSON.parse(await run(host, 'inspect', 'app'))).toEqual({
    name: expect.stringContaining('app'),
    digest: image.manifest.digest,
    mediaType: MEDIA.ociManifest,
    platform: 'linux/amd64',
    manifest: JSON.parse(image.manifestBytes.toString()),
    config: image.config,
  });
});

test.each(['docker', 'oci'])(
  'an image that was saved as %s and loaded elsewhere is the same',
  async (format) => {
    const { host, image } = await hostWithApp();
    await run(host, 'save', '--format', format, '-o', 'app.tar', 'app');
    const elsewhere = fakeHost({ cwd: host.cwd, env: { SLIPWAY_HOME: 'elsewhere' } });
    expect(await run(elsewhere, 'load', '-i', 'app.tar')).toBe('loaded app:latest\n');
    expect(await run(elsewhere, 'images', '-q')).toBe(`${image.manifest.digest}\n`);
  },
);

test('an archive of docker save with several images is loaded whole, with every name', async () => {
  const { host } = await hostWithApp();
  const images = [await smallImage('one'), await smallImage('two')];
  const entries = await Promise.all(
    images.map(async (image, n) => {
      const chunks: Uint8Array[] = [];
      const [layer] = image.layers;
      if (layer) for await (const chunk of image.openBlob(layer)) chunks.push(chunk);
      return { n, config: image.configBytes.toString(), layer: Buffer.concat(chunks).toString() };
    }),
  );
  const manifest = entries.map(({ n }) => ({
    Config: `${n}.config`,
    RepoTags: [`img${n}:a`, `img${n}:b`],
    Layers: [`${n}.tar`],
  }));
  const tar = await makeTar([
    ...entries.flatMap(({ n, config, layer }) => [
      { name: `${n}.config`, content: config },
      { name: `${n}.tar`, content: layer },
    ]),
    { name: 'manifest.json', content: JSON.stringify(manifest) },
  ]);
  writeFileSync(join(host.cwd, 'both.tar'), tar);
  expect(await run(host, 'load', '-i', 'both.tar')).toBe(
    'loaded img0:a, img0:b\nloaded img1:a, img1:b\n',
  );
});

test('save writes to standard output, but not to a terminal', async () => {
  const { host } = await hostWithApp();
  await run(host, 'save', '-o', 'app.tar', 'app');
  const second = fakeHost({ cwd: host.cwd, env: host.env });
  const chunks: Buffer[] = [];
  second.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await dispatch(['save', 'app'], second);
  expect(Buffer.concat(chunks).equals(readFileSync(join(host.cwd, 'app.tar')))).toBe(true);
  Object.assign(second.stdout, { isTTY: true });
  expect(await rejected(dispatch(['save', 'app'], second))).toContain(
    'error[E_USAGE]: an archive is not written to a terminal\n',
  );
});

test('save leaves nothing where it cannot write', async () => {
  const { host } = await hostWithApp();
  writeFileSync(join(host.cwd, 'file'), '');
  expect(await rejected(dispatch(['save', '-o', 'file/app.tar', 'app'], host))).toMatch(
    /^error\[E_OUTPUT\]: file\/app\.tar cannot be written: (ENOTDIR|EEXIST)\n/,
  );
});

test('an empty store has no images and no records', async () => {
  const host = fakeHost({ cwd: tmpDir(), env: { SLIPWAY_HOME: 'store' } });
  expect(await run(host, 'images')).toBe('NAME   DIGEST   PLATFORM   CREATED   SIZE\n');
  expect(await run(host, 'cache', 'ls')).toBe(
    'KEY   KIND   CREATED   LAST USED   SIZE   TIME   STEP\n',
  );
  expect(await run(host, 'cache', 'prune', '--dry-run')).toBe('would remove 0 records, 0B\n');
});
