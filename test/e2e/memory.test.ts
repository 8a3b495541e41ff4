// Memory grows neither with the size of a file, since a layer passes through in blocks, nor with the number of
// files, since their entries do too.

import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { contextOf, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const MIB = 2 ** 20;

/** The most memory, in MiB, that a build of this context takes, from nothing to a gzip archive. */
function peakOfBuild(context: string): number {
  const scratch = tmpDir();
  const peak = join(scratch, 'peak');
  const note = join(scratch, 'note.mjs');
  writeFileSync(
    note,
    `import { writeFileSync } from 'node:fs';
    process.on('exit', () => writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS)));`,
  );
  const output = `type=oci,dest=${join(scratch, 'image.tar')}`;
  const { status, stderr } = slipway(tmpDir(), ['build', '-q', '-o', output, context], {
    NODE_OPTIONS: `--import=${pathToFileURL(note).href}`,
  });
  expect([status, stderr]).toEqual([0, '']);
  return Number(readFileSync(peak, 'utf8')) / 1024;
}

/** A context with one file of so many MiB. */
function oneFile(size: number): string {
  const context = contextOf({ Dockerfile: 'FROM scratch\nCOPY data /data\n' });
  mkdirSync(join(context, 'data'));
  const file = openSync(join(context, 'data/large'), 'w');
  // Bytes that compress well, so that the test is quick, and no two blocks alike.
  for (let i = 0; i < size; i++) writeSync(file, Buffer.alloc(MIB, `block ${i} `));
  closeSync(file);
  return context;
}

/** A context with so many small files, so many of them in a folder. */
function manyFiles(count: number, inFolder: number): string {
  const context = contextOf({ Dockerfile: 'FROM scratch\nCOPY data /data\n' });
  for (let i = 0; i < count; i++) {
    const folder = join(context, 'data', String(Math.floor(i / inFolder)));
    if (i % inFolder === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file-${i}`), `${i}`);
  }
  return context;
}

test('a file of 600 MiB takes hardly more memory than one of 60, and less than 250 MiB', () => {
  const [small, large] = [60, 600].map((size) => peakOfBuild(oneFile(size)));
  expect(large).toBeLessThan(250);
  expect((large ?? 0) - (small ?? 0)).toBeLessThan(60);
});

// With an object for each file it was two KiB more for each, and 336 MiB for 100,000.
test('100,000 files take less than 250 MiB, and hardly more than 40,000', () => {
  const [few, many] = [40_000, 100_000].map((count) => peakOfBuild(manyFiles(count, 1000)));
  expect(many).toBeLessThan(250);
  expect((many ?? 0) - (few ?? 0)).toBeLessThan(50);
});

// With a list of all of them, and one object for the directory, it was 124 MiB more.
test('120,000 files in one folder take less than 250 MiB, and not much more than 40,000', () => {
  const [few, many] = [40_000, 120_000].map((count) => peakOfBuild(manyFiles(count, count)));
  expect(many).toBeLessThan(250);
  expect((many ?? 0) - (few ?? 0)).toBeLessThan(85);
});
