import { lstatSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placesInFolder } from '../../../builder/exec/places-in-folder.ts';
import { file } from '../../support/entries.ts';
import { tmpDir } from '../../support/tmp.ts';

const MIB = 2 ** 20;

function entry(path: string, size: number) {
  return { ...file(path, ''), size };
}

test('a large file is told by where it lies without a link, and by its state', () => {
  const folder = tmpDir();
  mkdirSync(join(folder, 'layer/d'), { recursive: true });
  writeFileSync(join(folder, 'layer/d/large'), '');
  truncateSync(join(folder, 'layer/d/large'), MIB);
  symlinkSync('layer', join(folder, 'link'));
  const place = placesInFolder(join(folder, 'link'))(entry('d/large', MIB));
  const path = join(folder, 'layer/d/large');
  const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
  const state = Buffer.from(place?.state ?? []);
  expect(place).toMatchObject({ path, digest: undefined });
  expect([0, 8, 16, 24, 32].map((at) => state.readBigInt64LE(at))).toEqual([
    dev,
    ino,
    size,
    mtimeNs,
    ctimeNs,
  ]);
});

test('what is small, gone, or too far down for the runner is read as ever', () => {
  const folder = tmpDir();
  writeFileSync(join(folder, 'small'), 'text');
  const placeOf = placesInFolder(folder);
  expect(placeOf(entry('small', 4))).toBeUndefined();
  expect(placeOf(entry('gone', MIB))).toBeUndefined();
  expect(placeOf(entry(`${'d/'.repeat(2100)}f`, MIB))).toBeUndefined();
});
