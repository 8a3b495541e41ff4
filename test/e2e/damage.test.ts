// A disk that changes or loses bytes of the store: the next build is right all the same.

import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { openDatabase } from '../../cache/database.ts';
import { digestKey } from '../../cache/records.ts';
import { openStore } from '../../cache/store.ts';
import { LayerList } from '../../image/layer-list.ts';
import { seededRandom } from '../support/seed.ts';
import { busyboxContext, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const DOCKERFILE = `FROM scratch AS build
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
COPY src /src
RUN mkdir -p /out/a/b && cat /src/big > /out/a/b/x && cat /src/d1/d2/f > /out/y
FROM scratch
COPY --from=build /out /o
`;

interface Built {
  readonly context: string;
  readonly home: string;
  readonly digest: string;
}

/** A build whose image is the same however often it is made. */
function built(context: TestContext): Built {
  const lines = Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join('');
  const files = { Dockerfile: DOCKERFILE, 'src/d1/d2/f': 'deep', 'src/big': lines };
  const folder = busyboxContext(context, files);
  const home = join(tmpDir(), 'home');
  return { context: folder, home, digest: build(folder, home).digest };
}

function build(folder: string, home: string): { readonly digest: string; readonly log: string } {
  const id = join(tmpDir(), 'id');
  const args = ['--build-arg', 'SOURCE_DATE_EPOCH=1', '--iidfile', id, '--progress=plain', folder];
  const finished = slipway(home, ['build', ...args]);
  expect(finished.status, finished.stderr).toBe(0);
  return { digest: readFileSync(id, 'utf8'), log: finished.stderr };
}

/** A copy of the store, without its blobs: what is exported then is read from the layers again. */
function copyOf(home: string): string {
  const copy = join(tmpDir(), 'home');
  cpSync(home, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  rmSync(join(copy, 'oci'), { recursive: true });
  return copy;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size > 0);
}

function flip(path: string, offset: number, bit: number): void {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
  writeFileSync(path, bytes);
}

test('a flipped bit in an unpacked layer never reaches an image', (context) => {
  const { context: folder, home, digest } = built(context);
  const random = seededRandom('bits of layers');
  for (let i = 0; i < 8; i++) {
    const copy = copyOf(home);
    const files = filesIn(join(copy, 'layers'));
    const path = files[random.int(files.length)] ?? '';
    flip(path, random.int(statSync(path).size), random.int(8));
    expect(build(folder, copy).digest).toBe(digest);
  }
});

test('a flipped bit in what the database holds never reaches an image', (context) => {
  const { context: folder, home, digest } = built(context);
  const random = seededRandom('bits of the database');
  for (let i = 0; i < 8; i++) {
    const copy = copyOf(home);
    const path = join(copy, 'db/data.mdb');
    const bytes = readFileSync(path);
    const values = [
      ...bytes.toString('latin1').matchAll(/slipway-dir-1|slipway-layer-2|out\/a\/b|"key"/g),
    ];
    const value = values[random.int(values.length)]?.index ?? 0;
    // Inside of the value: beyond it are the pages of the database itself.
    flip(path, value + random.int(60), random.int(8));
    expect(build(folder, copy).digest).toBe(digest);
  }
});

test('a flipped bit in a blob is found when the image is read, and the build makes it anew', (context) => {
  const { context: folder, home, digest } = built(context);
  const blobs = filesIn(join(home, 'oci/blobs'));
  for (const path of blobs) flip(path, Math.floor(statSync(path).size / 2), 3);
  expect(slipway(home, ['cache', 'verify']).status).toBe(1);
  expect(slipway(home, ['cache', 'verify', '--repair']).stdout).toContain('belong to images');
  expect(build(folder, home).digest).toBe(digest);
  const verified = slipway(home, ['cache', 'verify']);
  expect(verified.stdout).toContain('nothing is damaged');
  expect(verified.status).toBe(0);
});

test('a directory that the store has lost, deep in a tree, is made anew by the step that made it', async (context) => {
  const { context: folder, home } = built(context);
  const store = await openStore(home);
  for (const { digest } of store.objects.list()) {
    const text = Buffer.from(store.objects.get(digest) ?? []).toString();
    if (text.startsWith('slipway-dir-1') && text.includes('["x",')) store.objects.delete(digest);
  }
  await store.close();
  writeFileSync(
    join(folder, 'Dockerfile'),
    DOCKERFILE.replace('COPY --from=build /out /o', 'COPY --from=build /out/a/b /o'),
  );
  const { log } = build(folder, home);
  expect(log).toContain('store: begin again, and run what it has lost (the store does not have');
  expect(log).toMatch(/RUN mkdir[^\n]*\n#\d+ why: [^\n]*\n#\d+ DONE/);
  expect(build(folder, home).log).not.toContain('begin again');
});

test('damaged lists of results whose records are lost too are made anew', async (context) => {
  const { context: folder, home, digest } = built(context);
  const store = await openStore(home);
  const records = [...store.records.list()].filter(({ kind }) => kind !== 'base');
  const parts = records.flatMap(({ layers }) =>
    layers.flatMap((id) => LayerList.open(store.objects, id)?.parts ?? []),
  );
  for (const { key } of records) store.records.delete(key);
  await store.close();
  const database = await openDatabase(join(home, 'db'));
  for (const part of parts) database.table('objects').put(digestKey(part), Buffer.from('damaged'));
  await database.close();
  expect(parts.length).toBeGreaterThan(3);
  // So that the image is made of the lists again.
  rmSync(join(home, 'oci'), { recursive: true });
  expect(build(folder, home).digest).toBe(digest);
});

test('verify names a damaged layer, drops it, and the build is whole again', (context) => {
  const { context: folder, home, digest } = built(context);
  expect(slipway(home, ['cache', 'verify'])).toMatchObject({ status: 0 });
  const path = filesIn(join(home, 'layers')).find((each) => each.endsWith('/out/a/b/x')) ?? '';
  flip(path, 10, 0);
  const found = slipway(home, ['cache', 'verify', '--format', 'json']);
  expect(found.status).toBe(1);
  expect(JSON.parse(found.stdout)).toMatchObject({
    kind: 'layer',
    what: 'out/a/b/x is not as it was recorded',
    heals: true,
  });
  const repaired = slipway(home, ['cache', 'verify', '--repair']);
  expect(repaired.status).toBe(0);
  expect(repaired.stdout).toContain('1 damaged and dropped');
  expect(slipway(home, ['cache', 'verify'])).toMatchObject({ status: 0 });
  expect(build(folder, home).digest).toBe(digest);
});
