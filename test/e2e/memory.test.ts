// Memory does not grow with the size of a file: a layer passes through in blocks.

import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { contextOf, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const MIB = 2 ** 20;

/** The most memory, in MiB, that a build of a file of so many MiB takes, from nothing to a gzip archive. */
function peakOfBuild(size: number): number {
  const scratch = tmpDir();
  const context = contextOf({ Dockerfile: 'FROM scratch\nCOPY data /data\n' });
  mkdirSync(join(context, 'data'));
  const file = openSync(join(context, 'data/large'), 'w');
  // Bytes that compress well, so that the test is quick, and no two blocks alike.
  for (let i = 0; i < size; i++) writeSync(file, Buffer.alloc(MIB, `block ${i} `));
  closeSync(file);
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

test('a file of 600 MiB takes hardly more memory than one of 60, and less than 250 MiB', () => {
  const [small, large] = [peakOfBuild(60), peakOfBuild(600)];
  expect(large).toBeLessThan(250);
  expect(large - small).toBeLessThan(60);
});
