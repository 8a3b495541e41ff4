// Bits flipped in any file of the store, several at once: the next build gives the right image, and is not ended by a signal.

import { cpSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom } from '../support/seed.ts';
import { busyboxContext, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const DOCKERFILE = `FROM scratch AS build
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
COPY src /src
RUN mkdir -p /out/a/b && cat /src/one > /out/a/b/x && for i in 1 2 3 4 5 6; do echo $i > /out/a/$i; done
FROM scratch
COPY --from=build /out /o
`;

const ROUNDS = 8;

function build(folder: string, home: string): { readonly digest: string; readonly log: string } {
  const id = join(tmpDir(), 'id');
  const flags = ['--build-arg', 'SOURCE_DATE_EPOCH=1', '--iidfile', id, '--progress=plain'];
  const { status, stderr } = slipway(home, ['build', ...flags, folder]);
  expect(status, stderr).toBe(0);
  return { digest: readFileSync(id, 'utf8'), log: stderr };
}

function filesOf(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: 'utf8' })
    .map((name) => join(home, name))
    .filter((path) => lstatSync(path).isFile() && lstatSync(path).size > 0)
    .sort();
}

test('bits that are flipped in any files of the store cost steps that run again, and nothing else', {
  timeout: 120_000,
}, (context) => {
  const folder = busyboxContext(context, { Dockerfile: DOCKERFILE, 'src/one': 'one\n' });
  const home = join(tmpDir(), 'home');
  const { digest } = build(folder, home);
  const random = seededRandom('bits of any file');
  for (let round = 0; round < ROUNDS; round++) {
    const copy = join(tmpDir(), 'home');
    cpSync(home, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    // Another number there is another format of the store, and refused.
    const files = filesOf(copy).filter((path) => !path.endsWith('/format.json'));
    for (let flips = 0; flips < 4; flips++) {
      // Each other one in the database, which is one file among many.
      const path =
        flips % 2 === 0 ? join(copy, 'db/data.mdb') : (files[random.int(files.length)] ?? '');
      const bytes = readFileSync(path);
      const at = random.int(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(8));
      writeFileSync(path, bytes);
    }
    expect(build(folder, copy).digest).toBe(digest);
    expect(build(folder, copy).digest).toBe(digest);
  }
});

test('a page of the database that somebody has changed begins a new one, which the log says', (context) => {
  const folder = busyboxContext(context, { Dockerfile: DOCKERFILE, 'src/one': 'one\n' });
  const home = join(tmpDir(), 'home');
  const { digest } = build(folder, home);
  const path = join(home, 'db/data.mdb');
  const bytes = readFileSync(path);
  // The number of every page but the first two.
  for (let page = 2 * 4096; page < bytes.length; page += 4096) bytes[page] = 0xff;
  writeFileSync(path, bytes);
  const healed = build(folder, home);
  expect(healed.log).toContain('store: a new database (the old one was damaged;');
  expect(healed.digest).toBe(digest);
  expect(build(folder, home).log).not.toContain('a new database');
});
