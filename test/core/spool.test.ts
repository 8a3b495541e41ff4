import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Spool } from '../../core/spool.ts';
import { seededRandom } from '../support/seed.ts';
import { tmpDir } from '../support/tmp.ts';

test('what was put comes back, whether it is in the buffer, in the file, or in both', () => {
  const random = seededRandom('spool');
  const folder = tmpDir();
  const spool = new Spool(join(folder, 'spool'));
  const pieces: { readonly at: number; readonly bytes: Buffer }[] = [];
  for (let i = 0; i < 200; i++) {
    const bytes = Buffer.alloc(random.int(i % 50 === 0 ? 3 << 20 : 40_000), `${i} `);
    pieces.push({ at: spool.append(bytes), bytes });
    const { at, bytes: expected } = pieces[random.int(pieces.length)] ?? { at: 0, bytes };
    expect(spool.read(at, expected.length).equals(expected)).toBe(true);
  }
  for (const { at, bytes } of pieces) expect(spool.read(at, bytes.length).equals(bytes)).toBe(true);
  const all = Buffer.concat(pieces.map(({ bytes }) => bytes));
  expect(spool.read(0, all.length).equals(all)).toBe(true);
  spool.close();
});

test('little makes no file, and much leaves none behind', () => {
  const folder = tmpDir();
  const small = new Spool(join(folder, 'gone', 'small'));
  small.append(Buffer.alloc(100_000));
  const large = new Spool(join(folder, 'large'));
  large.append(Buffer.alloc(3 << 20));
  large.append(Buffer.alloc(3 << 20));
  expect(readdirSync(folder)).toEqual([]);
  large.close();
});

test('a place that cannot be written to is named', () => {
  const spool = new Spool(join(tmpDir(), 'gone', 'spool'));
  spool.append(Buffer.alloc(1 << 20));
  expect(() => spool.append(Buffer.alloc(1 << 20))).toThrowError(
    /no temporary file can be written at .*spool: ENOENT/,
  );
});
