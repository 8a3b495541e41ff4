// Layouts and archives between slipway and the field's own tools, both ways.

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { diskBlobs } from '../../cache/blobs.ts';
import { writeOutputFile } from '../../core/output-file.ts';
import { openArchive } from '../../image/archive/read.ts';
import { type ArchiveForm, archiveSink } from '../../image/archive/write.ts';
import { openLayout } from '../../image/layout/read.ts';
import { layoutSink } from '../../image/layout/write.ts';
import { openLocalStore } from '../../image/local-store.ts';
import type { ResolvedImage } from '../../image/source.ts';
import { collect, type TestImage, testImage } from '../support/oci.ts';
import { requiresPrograms } from '../support/requires.ts';
import { tmpDir } from '../support/tmp.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const NAME = 'docker.io/library/slipway-test:1';

test('skopeo reads our layout, our archives and our store', async (context) => {
  requiresPrograms(context, 'skopeo');
  const image = await sample();
  const store = await storeWith(image);
  for (const source of [
    `oci:${await layout(image)}:1`,
    `oci-archive:${await archive('oci', image)}:1`,
    `oci:${store}:${NAME}`,
  ]) {
    expect(skopeo('inspect', '--raw', source), source).toEqual(image.manifestBytes);
    // A copy reads every layer and checks it.
    skopeo('copy', '-q', source, `dir:${tmpDir()}`);
  }
  const docker = `docker-archive:${await archive('docker', image)}`;
  const inspected = JSON.parse(skopeo('inspect', '--config', docker).toString());
  expect(inspected.rootfs.diff_ids).toEqual(image.config.rootfs.diff_ids);
  skopeo('copy', '-q', docker, `dir:${tmpDir()}`);
});

test('umoci reads our layout and our store', async (context) => {
  requiresPrograms(context, 'umoci');
  const image = await sample();
  const stat = (path: string, tag: string) =>
    JSON.parse(execFileSync('umoci', ['stat', '--json', '--image', `${path}:${tag}`]).toString());
  for (const [path, tag] of [
    [await layout(image), '1'],
    [await storeWith(image), NAME],
  ] as const) {
    const layers = stat(path, tag).history.flatMap(
      ({ layer }: { layer?: { digest: string } }) => layer?.digest ?? [],
    );
    expect(layers).toEqual(image.layers.map(({ digest }) => digest));
  }
});

test('umoci unpacks our layout', async (context) => {
  requiresPrograms(context, 'umoci');
  const bundle = join(tmpDir(), 'bundle');
  const path = await layout(await sample());
  execFileSync('umoci', ['unpack', '--rootless', '--image', `${path}:1`, bundle], {
    stdio: 'ignore',
  });
  expect(readdirSync(join(bundle, 'rootfs')).sort()).toEqual(['one', 'two']);
});

test.for(['oci', 'docker'] as const)(
  'podman loads our %s archive under its name',
  async (form, context) => {
    requiresPrograms(context, 'podman');
    const roots = [
      '--root',
      join(tmpDir(), 'root'),
      '--runroot',
      join(tmpDir(), 'run'),
      '--storage-driver',
      'vfs',
    ];
    const path = await archive(form, await sample());
    const loaded = execFileSync('podman', [...roots, 'load', '-i', path], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(loaded.toString()).toContain(`Loaded image: ${NAME}`);
  },
);

test('what skopeo writes, in each of its forms, is read', async (context) => {
  requiresPrograms(context, 'skopeo');
  const image = await sample();
  const source = `oci:${await layout(image)}:1`;
  const folder = tmpDir();
  skopeo('copy', '-q', source, `oci:${folder}/layout:here`);
  skopeo('copy', '-q', source, `oci-archive:${folder}/oci.tar:here`);
  skopeo('copy', '-q', source, `docker-archive:${folder}/docker.tar:slipway-test:1`);
  const compressed = join(folder, 'docker.tar.gz');
  execFileSync('sh', ['-c', 'gzip -c "$1" > "$2"', 'sh', join(folder, 'docker.tar'), compressed]);
  await expectSame(await (await openLayout(`${folder}/layout`)).resolve('here', AMD64), image);
  for (const [name, path] of [
    ['here', join(folder, 'oci.tar')],
    ['slipway-test:1', join(folder, 'docker.tar')],
    ['slipway-test:1', compressed],
  ] as const) {
    const opened = await openArchive(path, folder);
    onTestFinished(() => opened.close());
    await expectSame(await opened.resolve(name, AMD64), image);
  }
});

async function sample(): Promise<TestImage> {
  return await testImage({ layers: [{ one: '1\n' }, { two: '2\n' }] });
}

async function layout(image: ResolvedImage): Promise<string> {
  const path = join(tmpDir(), 'layout');
  await layoutSink(path).write(image, [NAME]);
  return path;
}

async function archive(form: ArchiveForm, image: ResolvedImage): Promise<string> {
  const path = join(tmpDir(), `${form}.tar`);
  await archiveSink(form, (chunks) => writeOutputFile(path, path, chunks)).write(image, [NAME]);
  return path;
}

async function storeWith(image: ResolvedImage): Promise<string> {
  const root = tmpDir();
  const path = join(root, 'oci');
  await openLocalStore(path, diskBlobs(path, join(root, 'tmp'))).write(image, [NAME]);
  return path;
}

function skopeo(...args: string[]): Buffer {
  return execFileSync('skopeo', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Same files: docker-archive keeps layers uncompressed, so that only config and diff ids can be compared. */
async function expectSame(actual: ResolvedImage, expected: TestImage): Promise<void> {
  expect(actual.config.rootfs).toEqual(expected.config.rootfs);
  expect(actual.config.config).toEqual(expected.config.config);
  for (const layer of actual.layers) await collect(actual.openBlob(layer));
}
