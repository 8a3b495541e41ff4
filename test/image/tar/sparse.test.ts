// Sparse files: what GNU tar makes of them in its two forms, and maps that lie.

import { execFileSync } from 'node:child_process';
import { createReadStream, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLayerTar } from '../../../image/tar/reader.ts';
import { archive, member, pax } from '../../support/raw-tar.ts';
import { requiresPrograms } from '../../support/requires.ts';
import { tmpDir } from '../../support/tmp.ts';

test.for(['gnu', 'posix'])(
  'the files that tar --sparse --format=%s stores come whole',
  async (form, context) => {
    requiresPrograms(context, 'tar');
    const folder = tmpDir();
    const files = new Map([
      ['ends-in-a-hole', withData(1_000_000, [0, 5], [300_000, 70_000])],
      [
        'many-pieces',
        withData(4_000_000, ...Array.from({ length: 60 }, (_, i) => [i * 65_536, 9] as const)),
      ],
      ['nothing-but-a-hole', Buffer.alloc(500_000)],
      ['none', Buffer.from('plain')],
    ]);
    for (const [name, content] of files) sparseFile(join(folder, name), content);
    const path = join(folder, 'a.tar');
    execFileSync('tar', ['-S', `--format=${form}`, '-cf', path, '-C', folder, ...files.keys()]);
    const found = await contents(createReadStream(path, { highWaterMark: 777 }));
    expect([...found.keys()]).toEqual([...files.keys()]);
    for (const [name, content] of files) expect(found.get(name)?.equals(content), name).toBe(true);
  },
);

test.for<[string, Buffer, string, string]>([
  [
    'ends before its content',
    gnu([[0, 4]], 100, 'abcdefgh'),
    'E_LAYER_INVALID',
    'more or less content',
  ],
  ['has pieces past its end', gnu([[98, 4]], 100, 'abcd'), 'E_LAYER_INVALID', 'do not fit'],
  [
    'has pieces over each other',
    gnu(
      [
        [8, 2],
        [0, 2],
      ],
      100,
      'abcd',
    ),
    'E_LAYER_INVALID',
    'do not fit',
  ],
  [
    'has a hole that fills a disk',
    gnu([[0, 4]], 2 ** 37, 'abcd'),
    'E_LAYER_LIMIT',
    'holes of 137438953468 bytes',
  ],
  ['ends in its map', posix('2\n0\n'), 'E_LAYER_INVALID', 'ends in its map'],
  ['has a map of words', posix('1\nx\n4\n'), 'E_LAYER_INVALID', 'malformed map'],
  ['has a map without end', posix('999999999\n'), 'E_LAYER_INVALID', 'too many pieces'],
  [
    'has no size',
    posix('0\n', { 'GNU.sparse.name': 'f' }),
    'E_LAYER_INVALID',
    'no name or no size',
  ],
  [
    'is of another version',
    posix('0\n', { 'GNU.sparse.minor': '1' }),
    'E_UNSUPPORTED',
    'sparse in an old way',
  ],
  [
    'has no version',
    Buffer.concat([pax({ 'GNU.sparse.map': '0,4' }), member({ name: 'f' })]),
    'E_UNSUPPORTED',
    'sparse in an old way',
  ],
])('a sparse file is refused that %s', async ([, tar, code, message]) => {
  await expect(contents([archive(tar)])).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

test('the smallest maps are read', async () => {
  expect(
    await contents([archive(gnu([[2, 2]], 6, 'ab'), posix('1\n1\n2\n', {}, 'ab', 4))]),
  ).toEqual(
    new Map([
      ['f', Buffer.from('\0\0ab\0\0')],
      ['real', Buffer.from('\0ab\0')],
    ]),
  );
});

async function contents(
  tar: AsyncIterable<Uint8Array> | readonly Buffer[],
): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for await (const { entry, chunks } of readLayerTar(chunksOf(tar))) {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(Buffer.from(chunk));
    found.set(entry.path, Buffer.concat(parts));
    expect(found.get(entry.path)?.byteLength).toBe(entry.size);
  }
  return found;
}

async function* chunksOf(
  chunks: AsyncIterable<Uint8Array> | readonly Buffer[],
): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function withData(size: number, ...pieces: (readonly [offset: number, length: number])[]): Buffer {
  const bytes = Buffer.alloc(size);
  for (const [offset, length] of pieces) bytes.fill('data', offset, offset + length);
  return bytes;
}

/** Holes are what cp finds to be one. */
function sparseFile(path: string, content: Buffer): void {
  writeFileSync(`${path}.full`, content);
  writeFileSync(path, '');
  truncateSync(path, 0);
  execFileSync('cp', ['--sparse=always', `${path}.full`, path]);
}

/** A member in GNU's old form. */
function gnu(
  pieces: readonly (readonly [offset: number, length: number])[],
  size: number,
  content: string,
): Buffer {
  const map = pieces.map(([offset, length]) => field(offset) + field(length)).join('');
  return member({
    name: 'f',
    type: 'S',
    content,
    magic: 'ustar  \0',
    patch: [
      [386, map],
      [483, field(size)],
    ],
  });
}

/** Octal digits, or the binary form of larger numbers. */
function field(value: number): string {
  const digits = value.toString(8).padStart(11, '0');
  if (digits.length === 11) return `${digits}\0`;
  return `\u0080${Buffer.from(value.toString(16).padStart(22, '0'), 'hex').toString('latin1')}`;
}

/** A member in the form of POSIX archives. */
function posix(
  map: string,
  records: Readonly<Record<string, string>> = {},
  content = '',
  size = 0,
): Buffer {
  const said = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', ...records };
  const names =
    'GNU.sparse.name' in records
      ? {}
      : { 'GNU.sparse.name': 'real', 'GNU.sparse.realsize': `${size}` };
  const body = Buffer.concat([Buffer.from(map.padEnd(512, '\0')), Buffer.from(content)]);
  return Buffer.concat([
    pax({ ...said, ...names }),
    member({ name: 'GNUSparseFile.0/f', content: body }),
  ]);
}
