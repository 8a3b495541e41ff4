import { spawnSync } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hexOf, sha256 } from '../../core/digest.ts';
import { writeOutputFile } from '../../core/output-file.ts';
import { openArchive } from '../../image/archive/read.ts';
import type { ArchiveSource } from '../../image/archive/source.ts';
import { type ArchiveForm, archiveSink } from '../../image/archive/write.ts';
import { MEDIA } from '../../image/model.ts';
import type { ResolvedImage } from '../../image/source.ts';
import { collect, layerTar, type TestImage, testImage } from '../support/oci.ts';
import { tmpDir } from '../support/tmp.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const APP = 'docker.io/library/app:1';

describe('writing', () => {
  test.each(['oci', 'docker'] as const)(
    'a %s archive reads back the same, by name and without',
    async (form) => {
      const image = await testImage({ layers: [{ a: '1' }, { b: '2' }, { a: '1' }] });
      const source = await opened(await written(form, image, [APP]));
      for (const name of ['', 'app:1', APP])
        await expectSame(await source.resolve(name, AMD64), image);
    },
  );

  test('the same image gives the same bytes, members in one order and without times', async () => {
    const image = await testImage({ layers: [{ a: '1' }, { b: '2' }] });
    const [one, two] = [
      await written('docker', image, [APP]),
      await written('docker', image, [APP]),
    ];
    expect(readFileSync(one)).toEqual(readFileSync(two));
    const headers = await memberHeader(one);
    const blobs = [...image.blobs.keys()].map((digest) => `blobs/sha256/${hexOf(digest)}`).sort();
    expect(headers.map(({ name }) => name)).toEqual([
      'oci-layout',
      'index.json',
      'manifest.json',
      'blobs/',
      'blobs/sha256/',
      ...blobs,
    ]);
    for (const { mtime, uid, gid } of headers)
      expect([mtime?.getTime(), uid, gid]).toEqual([0, 0, 0]);
  });

  test('manifest.json names config and layers by their blobs, and the tags as people write them', async () => {
    const image = await testImage({ layers: [{ a: '1' }, { b: '2' }] });
    const path = (digest: Parameters<typeof hexOf>[0]) => `blobs/sha256/${hexOf(digest)}`;
    const manifestOf = async (names: string[]) =>
      JSON.parse(
        (await memberBytes(await written('docker', image, names), 'manifest.json')).toString(),
      );
    const common = {
      Config: path(image.configDescriptor.digest),
      Layers: image.layers.map((layer) => path(layer.digest)),
    };
    expect(await manifestOf([APP, 'ghcr.io/me/app:2'])).toEqual([
      { ...common, RepoTags: ['app:1', 'ghcr.io/me/app:2'] },
    ]);
    expect(await manifestOf([])).toEqual([{ ...common, RepoTags: null }]);
  });

  test('a layer that cannot be read ends the writing with its error', async () => {
    const image = {
      ...(await testImage()),
      async *openBlob() {
        yield Buffer.from('x');
        throw new Error('cable cut');
      },
    };
    const output = new PassThrough().resume();
    await expect(
      archiveSink('oci', (chunks) => pipeline(chunks, output)).write(image, []),
    ).rejects.toThrow('cable cut');
  });

  test('an output that fails ends the writing with its error, and no reader of a blob is left', async () => {
    let open = 0;
    const image: ResolvedImage = {
      ...(await testImage()),
      async *openBlob() {
        open++;
        try {
          for (;;) yield Buffer.alloc(1000);
        } finally {
          open--;
        }
      },
    };
    const output = new PassThrough({ highWaterMark: 10 });
    output.once('data', () => output.destroy(new Error('pipe closed')));
    await expect(
      archiveSink('oci', (chunks) => pipeline(chunks, output)).write(image, []),
    ).rejects.toThrow('pipe closed');
    expect(open).toBe(0);
  });
});

describe('reading docker save', () => {
  test('layers by their digests as names, as links, in folders; plain and gzipped', async () => {
    const tars = [
      await layerTar({ a: '1' }),
      await layerTar({ b: '2' }),
      await layerTar({ c: '3' }),
    ];
    const [one, two, three] = tars as [Buffer, Buffer, Buffer];
    const zipped = gzipSync(three);
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        rootfs: { type: 'layers', diff_ids: [one, two, one, one, three].map((tar) => sha256(tar)) },
      }),
    );
    const name = `${hexOf(sha256(config))}.json`;
    const path = await archiveOf([
      [{ name: 'x/layer.tar' }, one],
      [{ name: 'y/', type: 'directory' }],
      [{ name: 'y/layer.tar' }, two],
      [{ name: 'z/layer.tar', type: 'symlink', linkname: '../x/layer.tar' }],
      [{ name: 'hard.tar', type: 'link', linkname: './x/layer.tar' }],
      [{ name: `${'long/'.repeat(40)}layer.tar.gz` }, zipped],
      [{ name: `./${name}` }, config],
      [
        { name: 'manifest.json' },
        JSON.stringify([
          {
            Config: name,
            RepoTags: ['app:1'],
            Layers: [
              'x/layer.tar',
              'y/layer.tar',
              'z/layer.tar',
              'hard.tar',
              `${'long/'.repeat(40)}layer.tar.gz`,
            ],
          },
        ]),
      ],
    ]);
    const image = await (await opened(path)).resolve('app:1', AMD64);
    expect(image.configBytes).toEqual(config);
    expect(image.manifest.digest).toBe(sha256(image.manifestBytes));
    expect(image.layers.map(({ mediaType }) => mediaType)).toEqual([
      ...Array(4).fill(MEDIA.ociLayer),
      MEDIA.ociLayerGzip,
    ]);
    const contents = await Promise.all(image.layers.map((layer) => collect(image.openBlob(layer))));
    expect(contents).toEqual([one, two, one, one, zipped]);
  });

  test('a layer whose bytes are not its diff id is refused when it is read', async () => {
    const { path } = await dockerArchive({ layer: await layerTar({ evil: 'x' }) });
    const image = await (await opened(path)).resolve('', AMD64);
    const [layer] = image.layers;
    if (layer === undefined) throw new Error('no layer');
    await expect(collect(image.openBlob(layer))).rejects.toMatchObject({ code: 'E_BLOB_CORRUPT' });
  });

  test.each([
    [
      'a config that is not what its name says',
      { configName: `${'0'.repeat(64)}.json` },
      /the config 0{64}\.json has the digest sha256:/,
    ],
    ['a layer that is not there', { layerName: 'gone.tar' }, /it lacks gone\.tar$/],
    [
      'a layer outside of the archive',
      { layerName: '../../../etc/passwd' },
      /it lacks \.\.\/\.\.\/\.\.\/etc\/passwd$/,
    ],
    ['a link to a file of this machine', { link: '/etc/passwd' }, /it lacks layer\.tar$/],
    ['links in a circle', { link: 'layer.tar' }, /the link layer\.tar leads in a circle$/],
  ])('%s is E_ARCHIVE_INVALID', async (_, changes, text) => {
    const { path } = await dockerArchive(changes);
    const error = await (await opened(path)).resolve('', AMD64).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_ARCHIVE_INVALID' });
    expect(String(error)).toMatch(text);
  });

  test('of several images the name chooses, and without one the names are listed', async () => {
    const { path } = await dockerArchive({ twice: true });
    const source = await opened(path);
    await expect(source.resolve('', AMD64)).rejects.toMatchObject({
      code: 'E_IMAGE_NOT_FOUND',
      hint: 'it holds docker.io/library/app:1, docker.io/library/app:2',
    });
    expect((await source.resolve('app:2', AMD64)).layers).toHaveLength(1);
  });

  test('where an archive is both forms the OCI one counts', async () => {
    const image = await testImage();
    const path = await written('docker', image, [APP]);
    const members = await allMembers(path);
    const changed = await archiveOf(
      members.map(([header, bytes]) => [header, header.name === 'manifest.json' ? '[]' : bytes]),
    );
    await expectSame(await (await opened(changed)).resolve('app:1', AMD64), image);
  });
});

describe('files that are no archive, or half of one', () => {
  test('an archive cut anywhere is E_ARCHIVE_TRUNCATED by the time that it has been read', async () => {
    const whole = await written('docker', await testImage(), [APP]);
    const size = readFileSync(whole).byteLength;
    // The last 1024 bytes are the end mark; without them nothing is lost but the certainty.
    for (let length = 1; length < size - 1024; length += 512 / 2 + 1) {
      const cut = join(tmpDir(), 'cut.tar');
      writeFileSync(cut, readFileSync(whole));
      truncateSync(cut, length);
      const error = await readWhole(cut).catch((thrown: unknown) => thrown);
      const code = length < 512 ? 'E_ARCHIVE_INVALID' : 'E_ARCHIVE_TRUNCATED';
      expect(error, `cut at ${length}`).toMatchObject({ code });
    }
  });

  test.each([
    ['an empty file', Buffer.alloc(0), 'it is no tar'],
    ['text', Buffer.alloc(2000, 'hello '), 'it is no tar'],
    ['zeros', Buffer.alloc(2048), 'it lacks both index.json (OCI) and manifest.json (docker save)'],
  ])('%s is E_ARCHIVE_INVALID', async (_, bytes, why) => {
    const path = join(tmpDir(), 'file');
    writeFileSync(path, bytes);
    await expect(openArchive(path, tmpDir())).rejects.toMatchObject({
      code: 'E_ARCHIVE_INVALID',
      message: `${path} is not an image archive: ${why}`,
    });
  });

  test('a tar of something else says what it lacks', async () => {
    const path = await archiveOf([[{ name: 'hello.txt' }, 'hello']]);
    await expect(openArchive(path, tmpDir())).rejects.toMatchObject({
      code: 'E_ARCHIVE_INVALID',
      message: `${path} is not an image archive: it lacks both index.json (OCI) and manifest.json (docker save)`,
    });
  });

  test('a folder and a path that is not there are told as such', async () => {
    const folder = tmpDir();
    await expect(openArchive(folder, folder)).rejects.toMatchObject({
      code: 'E_ARCHIVE_INVALID',
      message: `${folder} is not an image archive: it is a folder`,
    });
    await expect(openArchive(`${folder}/x`, folder)).rejects.toMatchObject({
      code: 'E_ARCHIVE_INVALID',
      message: `${folder}/x cannot be read: ENOENT`,
    });
  });

  test.each([
    ['xz', 'fd377a585a00'],
    ['zstd', '28b52ffd0000'],
    ['bzip2', '425a68393141'],
  ])('%s is not unpacked, and the message says what to do', async (tool, magic) => {
    const path = join(tmpDir(), 'a.tar');
    writeFileSync(path, Buffer.from(magic, 'hex'));
    await expect(openArchive(path, tmpDir())).rejects.toMatchObject({
      code: 'E_UNSUPPORTED',
      message: `${path} is compressed with ${tool}`,
      hint: `unpack it first with ${tool} -d`,
    });
  });

  test('a name that comes twice is refused: another reader could take the other one', async () => {
    const path = await archiveOf([
      [{ name: 'oci-layout' }, '{"imageLayoutVersion":"1.0.0"}'],
      [{ name: 'index.json' }, '{}'],
      [{ name: './index.json' }, '{}'],
    ]);
    await expect(openArchive(path, tmpDir())).rejects.toMatchObject({
      code: 'E_ARCHIVE_INVALID',
      message: `${path} is not an image archive: it has index.json twice`,
    });
  });

  test('a pax size that contradicts the header is refused (CVE-2025-62518)', async () => {
    const path = await archiveOf([[{ name: 'index.json', pax: { size: '1024' } }, 'x'.repeat(10)]]);
    await expect(openArchive(path, tmpDir())).rejects.toMatchObject({
      code: 'E_ARCHIVE_INVALID',
      message: `${path} is not an image archive: the headers of PaxHeader say two sizes`,
    });
  });
});

describe('archives that are copied first', () => {
  test('a gzipped archive is read; the copy has no name and is gone with the process', async () => {
    const image = await testImage();
    const path = join(tmpDir(), 'a.tar.gz');
    writeFileSync(path, gzipSync(readFileSync(await written('docker', image, [APP]))));
    const tmp = tmpDir();
    const source = await openArchive(path, tmp);
    onTestFinished(() => source.close());
    await expectSame(await source.resolve('app:1', AMD64), image);
    expect(readdirSync(tmp)).toEqual([]);
  });

  test('a gzipped archive that was cut is E_ARCHIVE_TRUNCATED, a damaged one E_ARCHIVE_INVALID', async () => {
    const zipped = gzipSync(readFileSync(await written('oci', await testImage(), [APP])));
    const path = join(tmpDir(), 'a.tar.gz');
    writeFileSync(path, zipped.subarray(0, zipped.length / 2));
    await expect(openArchive(path, tmpDir())).rejects.toMatchObject({
      code: 'E_ARCHIVE_TRUNCATED',
      message: `${path} ends too early`,
    });
    writeFileSync(path, Buffer.concat([zipped.subarray(0, 20), Buffer.alloc(50, 0xff)]));
    await expect(openArchive(path, tmpDir())).rejects.toMatchObject({
      code: 'E_ARCHIVE_INVALID',
      message: `${path} is not an image archive: its compressed data is damaged`,
    });
  });

  test.each([false, true])('a pipe is read (gzipped: %s)', async (gzip) => {
    const image = await testImage();
    const bytes = readFileSync(await written('oci', image, [APP]));
    const fifo = join(tmpDir(), 'pipe');
    expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
    const [source] = await Promise.all([
      opened(fifo),
      pipeline([gzip ? gzipSync(bytes) : bytes], createWriteStream(fifo)),
    ]);
    await expectSame(await source.resolve('app:1', AMD64), image);
  });
});

type Members = readonly (readonly [
  Partial<Header> & { name: string },
  (string | Buffer | undefined)?,
])[];

async function written(form: ArchiveForm, image: ResolvedImage, names: string[]): Promise<string> {
  const path = join(tmpDir(), `${form}.tar`);
  await archiveSink(form, (chunks) => writeOutputFile(path, path, chunks)).write(image, names);
  return path;
}

async function archiveOf(members: Members): Promise<string> {
  const tar = pack();
  for (const [header, content] of members) {
    if (content === undefined) tar.entry(header);
    else tar.entry(header, content);
  }
  tar.finalize();
  const path = join(tmpDir(), 'archive.tar');
  writeFileSync(path, await collect(tar as AsyncIterable<Uint8Array>));
  return path;
}

/** A one-layer `docker save` archive with something wrong. */
async function dockerArchive(changes: {
  layer?: Buffer;
  configName?: string;
  layerName?: string;
  link?: string;
  twice?: boolean;
}): Promise<{ path: string }> {
  const tar = await layerTar({ a: '1' });
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
    }),
  );
  const { configName = 'config.json', layerName = 'layer.tar', link, layer = tar } = changes;
  const entry = (tag: string) => ({ Config: configName, RepoTags: [tag], Layers: [layerName] });
  const path = await archiveOf([
    [{ name: configName }, config],
    link === undefined
      ? [{ name: 'layer.tar' }, layer]
      : [{ name: 'layer.tar', type: 'symlink', linkname: link }],
    [
      { name: 'manifest.json' },
      JSON.stringify([entry('app:1'), ...(changes.twice ? [entry('app:2')] : [])]),
    ],
  ]);
  return { path };
}

async function opened(path: string): Promise<ArchiveSource> {
  const source = await openArchive(path, tmpDir());
  onTestFinished(() => source.close());
  return source;
}

async function readWhole(path: string): Promise<void> {
  const source = await opened(path);
  const image = await source.resolve('', AMD64);
  for (const layer of image.layers) await collect(image.openBlob(layer));
}

async function allMembers(path: string): Promise<[Header, Buffer?][]> {
  const members: [Header, Buffer?][] = [];
  for await (const entry of createReadStream(path).pipe(extract())) {
    const bytes = await collect(entry as AsyncIterable<Uint8Array>);
    members.push(entry.header.type === 'directory' ? [entry.header] : [entry.header, bytes]);
  }
  return members;
}

async function memberHeader(path: string): Promise<Header[]> {
  return (await allMembers(path)).map(([header]) => header);
}

async function memberBytes(path: string, name: string): Promise<Buffer> {
  const bytes = (await allMembers(path)).find(([header]) => header.name === name)?.[1];
  if (bytes === undefined) throw new Error(`no ${name}`);
  return bytes;
}

async function expectSame(actual: ResolvedImage, expected: TestImage): Promise<void> {
  expect(actual.manifestBytes).toEqual(expected.manifestBytes);
  expect(actual.configBytes).toEqual(expected.configBytes);
  for (const layer of actual.layers) {
    expect(await collect(actual.openBlob(layer))).toEqual(expected.blobs.get(layer.digest));
  }
}
