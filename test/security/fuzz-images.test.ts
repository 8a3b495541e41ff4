// Images from strangers, damaged at random: archives, layouts' documents and the runner's stream are read or refused
// with a BuildError, soon, and never with a defect. (CVE-2024-3727: a digest that is a path; CVE-2021-41190: a
// document that is two things.)

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isBuildError } from '../../core/errors.ts';
import { openArchive } from '../../image/archive/read.ts';
import { parseConfig } from '../../image/config.ts';
import { decodeEntryStream } from '../../image/entry-stream.ts';
import { parseManifest } from '../../image/manifest.ts';
import { MEDIA } from '../../image/model.ts';
import { indexLayer } from '../../image/tar/index-layer.ts';
import { chunksOf } from '../support/contents.ts';
import { stream } from '../support/entry-stream.ts';
import { imageArchive } from '../support/hostile.ts';
import { testImage } from '../support/oci.ts';
import { archive, member, pax } from '../support/raw-tar.ts';
import { seededRandom } from '../support/seed.ts';
import { tmpDir } from '../support/tmp.ts';

const PLATFORM = { os: 'linux', architecture: 'amd64' };
const DIGEST = `sha256:${'0'.repeat(64)}`;

type Random = ReturnType<typeof seededRandom>;

/** Flips, cuts, repeats and overwrites bytes. */
function damaged(bytes: Buffer, random: Random): Buffer {
  let made = Buffer.from(bytes);
  for (let edits = 1 + random.int(4); edits > 0 && made.length > 0; edits--) {
    const at = random.int(made.length);
    const kind = random.int(4);
    if (kind === 0) made[at] = random.int(256);
    else if (kind === 1) made = made.subarray(0, at);
    else if (kind === 2)
      made = Buffer.concat([made.subarray(0, at), made.subarray(random.int(at + 1))]);
    else made.fill(random.int(2) * 255, at, Math.min(made.length, at + random.int(600)));
  }
  return made;
}

const STRANGE: readonly unknown[] = [
  null, true, -1, 1.5, 2 ** 60, '', '../../etc/passwd', 'sha256:../../x', DIGEST.toUpperCase(),
  'a\u0000b', [], [null], {}, { digest: DIGEST }, '\ud800', [[[]]], 'x'.repeat(5000),
]; // biome-ignore format: a list of values

/** The document with values replaced, removed, doubled or renamed. */
function strange(value: unknown, random: Random): unknown {
  if (random.int(12) === 0) return STRANGE[random.int(STRANGE.length)];
  if (Array.isArray(value)) {
    const items = value.map((item) => strange(item, random));
    return random.int(8) === 0 ? [...items, ...items] : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).flatMap(([key, item]) => {
    const kind = random.int(16);
    if (kind === 0) return [];
    const name = kind === 1 ? (['__proto__', 'layers', 'manifests', ''][random.int(4)] ?? '') : key;
    return [[name, strange(item, random)] as const];
  });
  return Object.fromEntries(members);
}

/** Runs `work` as often as said; every failure must be a BuildError of a registered code. Returns how many failed. */
async function survives(
  name: string,
  times: number,
  work: (random: Random) => unknown,
): Promise<number> {
  const random = seededRandom(name);
  let refused = 0;
  for (let i = 0; i < times; i++) {
    try {
      await work(random);
    } catch (error) {
      if (!isBuildError(error)) throw error;
      refused++;
    }
  }
  return refused;
}

test('manifests, indexes and configs', async () => {
  const { manifestBytes, configBytes, layers } = await testImage();
  const index = {
    schemaVersion: 2,
    mediaType: MEDIA.ociIndex,
    manifests: [{ mediaType: MEDIA.ociManifest, digest: DIGEST, size: 2, platform: PLATFORM }],
  };
  const documents = [JSON.parse(manifestBytes.toString()), index] as const;
  const digests: string[] = [];
  const refused = await survives('manifests', 4000, (random) => {
    const text = JSON.stringify(strange(documents[random.int(2)], random));
    const type = [undefined, MEDIA.ociManifest, MEDIA.ociIndex][random.int(3)];
    const parsed = parseManifest(Buffer.from(text), type, 'x');
    digests.push(...(JSON.stringify(parsed).match(/"digest":"[^"]*"/g) ?? []));
  });
  expect(refused).toBeGreaterThan(1000);
  expect(refused).toBeLessThan(4000);
  expect(digests.filter((digest) => !/^"digest":"sha256:[0-9a-f]{64}"$/.test(digest))).toEqual([]);
  const config = JSON.parse(configBytes.toString()) as unknown;
  const configs = await survives('configs', 3000, (random) => {
    parseConfig(Buffer.from(JSON.stringify(strange(config, random))), layers.length, 'x');
  });
  expect(configs).toBeGreaterThan(500);
  await survives('bytes', 2000, (random) => {
    parseManifest(damaged(manifestBytes, random), undefined, 'x');
  });
});

test('entry streams', async () => {
  const whole = stream(
    { type: 'dir', path: '' },
    { type: 'file', path: 'a', content: 'content', xattrs: { 'user.x': Buffer.from('y') } },
    { type: 'symlink', path: 'l', link: 'a' },
    { type: 'hardlink', path: 'h', link: 'a' },
    { type: 'char', path: 'n', major: 1, minor: 3 },
  );
  const refused = await survives('entry streams', 4000, async (random) => {
    for await (const { chunks } of decodeEntryStream(chunksOf(damaged(whole, random), 64))) {
      for await (const _ of chunks);
    }
  });
  expect(refused).toBeGreaterThan(1000);
});

test('layers', async () => {
  const tar = archive(
    member({ name: 'd/', type: '5' }),
    pax({ path: 'd/long', mtime: '1.5', 'SCHILY.xattr.user.x': 'y' }),
    member({ name: 'x', content: 'content' }),
    member({ name: 'l', type: '2', link: 'd' }),
    member({ name: 'h', type: '1', link: 'd/long' }),
    member({ name: 'd/.wh.gone' }),
  );
  const refused = await survives('layers', 3000, (random) =>
    indexLayer(chunksOf(damaged(tar, random))),
  );
  expect(refused).toBeGreaterThan(1000);
});

test('archives, read to the last blob', async () => {
  const layer = archive(member({ name: 'a', content: 'content' }));
  const tars = [imageArchive({ layers: [layer] }), await ociArchive()];
  const folder = tmpDir();
  const path = join(folder, 'image.tar');
  const refused = await survives('archives', 600, async (random) => {
    writeFileSync(path, damaged(tars[random.int(2)] ?? Buffer.alloc(0), random));
    const source = await openArchive(path, folder);
    try {
      for (const { select } of source.images) {
        const image = await source.resolve(select, PLATFORM);
        for (const blob of image.layers) for await (const _ of image.openBlob(blob));
      }
    } finally {
      await source.close();
    }
  });
  expect(refused).toBeGreaterThan(200);
});

async function ociArchive(): Promise<Buffer> {
  const image = await testImage();
  const entry = {
    ...image.manifest,
    annotations: { 'org.opencontainers.image.ref.name': 'docker.io/library/a:1' },
  };
  const index = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [entry] });
  return archive(
    member({ name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' }),
    member({ name: 'index.json', content: index }),
    ...[...image.blobs].map(([digest, content]) =>
      member({ name: `blobs/sha256/${digest.slice('sha256:'.length)}`, content }),
    ),
  );
}
