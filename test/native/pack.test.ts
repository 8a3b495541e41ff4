// The verb `pack`: what it makes of a layer's description, and what it refuses.

import { createHash } from 'node:crypto';
import {
  lstatSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { BLOCK_END, bytesPart, END, pathField, target } from '../support/pack-parts.ts';
import { PINNED_GZIP, PINNED_SAMPLE, pinnedSample } from '../support/pinned-gzip.ts';
import { callRunner, type RunnerEvent, type RunnerResult } from '../support/runner.ts';
import { seededRandom } from '../support/seed.ts';
import { tmpDir } from '../support/tmp.ts';

interface FilePiece {
  readonly offset?: number;
  readonly length?: number;
  readonly digest?: Buffer;
}

function filePart(path: string, { offset = 0, length, digest }: FilePiece = {}): Buffer {
  const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
  const fields = Buffer.alloc(52);
  for (const [i, value] of [dev, ino, size, mtimeNs, ctimeNs, BigInt(offset)].entries())
    fields.writeBigInt64LE(value, 8 * i);
  fields.writeUInt32LE(length ?? Number(size), 48);
  const kind = digest === undefined ? 'f' : 'v';
  return Buffer.concat([pathField(kind, Buffer.from(path)), fields, digest ?? Buffer.alloc(0)]);
}

/** Makes one layer; what came of it is given as `stdout`. */
async function pack(how: readonly string[], ...parts: Uint8Array[]): Promise<RunnerResult> {
  const path = join(tmpDir(), 'layer');
  writeFileSync(path, '');
  const stdin = Buffer.concat([target(path, how), ...parts]);
  const result = await callRunner({ verb: 'pack', words: [], stdin });
  return { ...result, stdout: readFileSync(path) };
}

async function refused(...parts: Uint8Array[]): Promise<{ code?: unknown; message?: unknown }> {
  const result = await pack(['gzip', '4'], ...parts);
  expect([result.status, result.event('done')]).toEqual([1, undefined]);
  const { code, message } = result.event('error') ?? {};
  return { code, message };
}

function hexOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test.each(Object.entries(PINNED_GZIP))(
  'level %s gives the same bytes everywhere',
  async (level, digest) => {
    const bytes = pinnedSample();
    expect(hexOf(bytes)).toBe(PINNED_SAMPLE);
    const { stdout } = await pack(['gzip', level], bytesPart(bytes), BLOCK_END, END);
    expect(gunzipSync(stdout).equals(bytes)).toBe(true);
    expect(hexOf(stdout)).toBe(digest);
  },
);

test('random blocks come back from every level, and every digest is right', async () => {
  const random = seededRandom('pack');
  for (let level = 0; level <= 9; level++) {
    // Stretches of several kinds, so that one block holds several codes.
    const stretch = (): Buffer => {
      const [kinds, near] = [[1, 2, 16, 30, 256][random.int(5)] ?? 1, random.int(5)];
      const bytes = Buffer.alloc(random.int(60_000));
      for (let i = 0; i < bytes.length; i++)
        bytes[i] =
          i > 9 && random.int(4) < near ? (bytes[i - 1 - random.int(9)] ?? 0) : random.int(kinds);
      return bytes;
    };
    const blocks = Array.from({ length: 4 }, () =>
      Buffer.concat(Array.from({ length: random.int(6) }, stretch)),
    );
    const parts = blocks.flatMap((bytes) => [bytesPart(bytes), BLOCK_END]);
    const { stdout, event } = await pack(['gzip', String(level)], ...parts, END);
    const whole = Buffer.concat(blocks);
    expect(gunzipSync(stdout).equals(whole)).toBe(true);
    expect(event('done')).toEqual({
      event: 'done',
      diff_id: hexOf(whole),
      digest: hexOf(stdout),
      bytes: stdout.length,
      crc: crc32(stdout),
    });
  }
});

test('without gzip the bytes stay as they are; a layer may be empty', async () => {
  const { stdout, event } = await pack(
    [],
    bytesPart(Buffer.from('ab')),
    BLOCK_END,
    bytesPart(Buffer.from('c')),
    BLOCK_END,
    END,
  );
  expect(stdout.toString()).toBe('abc');
  const digest = hexOf(Buffer.from('abc'));
  expect(event('done')).toEqual({
    event: 'done',
    diff_id: digest,
    digest,
    bytes: 3,
    crc: crc32('abc'),
  });
  const empty = await pack(['gzip', '4'], END);
  expect(gunzipSync(empty.stdout)).toHaveLength(0);
});

test('files are read where they lie, in pieces too, and their bytes stand where they were named', async () => {
  const folder = tmpDir();
  const path = join(folder, 'file');
  const bytes = pinnedSample().subarray(0, 5000);
  writeFileSync(path, bytes);
  writeFileSync(join(folder, 'empty'), '');
  const { stdout } = await pack(
    ['gzip', '4'],
    bytesPart(Buffer.from('<')),
    filePart(path, { length: 3000 }),
    BLOCK_END,
    filePart(path, { offset: 3000, length: 2000 }),
    filePart(join(folder, 'empty')),
    bytesPart(Buffer.from('>')),
    BLOCK_END,
    END,
  );
  expect(gunzipSync(stdout).toString()).toBe(`<${bytes}>`);
});

test.each([
  ['has grown', (path: string) => writeFileSync(path, 'longer than before')],
  ['has other times', (path: string) => utimesSync(path, 1, 1)],
  [
    'is a link now',
    (path: string) => {
      renameSync(path, `${path}-`);
      symlinkSync(`${path}-`, path);
    },
  ],
  ['is gone', (path: string) => renameSync(path, `${path}-`)],
  [
    'is another file with the same text',
    (path: string) => {
      writeFileSync(`${path}-`, 'text');
      renameSync(`${path}-`, path);
    },
  ],
])('a file that %s is told by name', async (_, change) => {
  const path = join(tmpDir(), 'file');
  writeFileSync(path, 'text');
  const part = filePart(path);
  change(path);
  expect(await refused(part, BLOCK_END, END)).toEqual({
    code: 'E_FILE_CHANGED',
    message: `${path} changed while it was read`,
  });
});

test('no link on the way to a file is followed', async () => {
  const folder = tmpDir();
  writeFileSync(join(folder, 'file'), 'text');
  symlinkSync(folder, join(folder, 'link'));
  const path = join(folder, 'link/file');
  expect(await refused(filePart(path), BLOCK_END, END)).toMatchObject({ code: 'E_FILE_CHANGED' });
});

test('a file whose times tell too little must have the digest that it had', async () => {
  const path = join(tmpDir(), 'file');
  writeFileSync(path, 'text');
  const right = createHash('sha256').update('text').digest();
  const { stdout } = await pack([], filePart(path, { digest: right }), BLOCK_END, END);
  expect(stdout.toString()).toBe('text');
  const wrong = createHash('sha256').update('TEXT').digest();
  expect(await refused(filePart(path, { digest: wrong }), BLOCK_END, END)).toMatchObject({
    code: 'E_FILE_CHANGED',
  });
});

test.each([
  ['is cut short', [bytesPart(Buffer.from('a'))]],
  ['is cut short', [Buffer.from('b\x05\0\0\0a')]],
  ['is cut short', []],
  ['ends within a block', [bytesPart(Buffer.from('a')), END]],
  ['has a part of no known kind', [Buffer.from('?')]],
  [
    'has a block that is too large',
    [bytesPart(Buffer.alloc(2 ** 20)), bytesPart(Buffer.from('a'))],
  ],
  ['has a path that is too long', [pathField('f', Buffer.alloc(0))]],
  ['has a path that is too long', [pathField('f', Buffer.alloc(4096, 'a'))]],
  ['has a NUL', [pathField('f', Buffer.from('a\0b'))]],
] as const)('a description that %s is refused', async (why, parts) => {
  expect(await refused(...parts)).toEqual({
    code: 'E_STREAM',
    message: `the layer's description ${why}`,
  });
});

function knownEnd(path: string, numbers: readonly number[]): Buffer {
  const fields = Buffer.alloc(24);
  for (const [i, value] of numbers.entries()) fields.writeUInt32LE(value, i === 0 ? 0 : 4 + 4 * i);
  return Buffer.concat([pathField('k', Buffer.from(path)), fields]);
}

test('a known block is taken from where it is, unless anything about it is wrong', async () => {
  const folder = tmpDir();
  const path = join(folder, 'blob');
  const bytes = pinnedSample();
  const first = await pack(['gzip', '4'], bytesPart(bytes), BLOCK_END, END);
  writeFileSync(path, first.stdout);
  const made = first.event('block');
  const right = [10, made?.['length'], made?.['piece_crc'], made?.['size'], made?.['crc']].map(
    Number,
  );
  const again = async (numbers: readonly number[], file = path) => {
    const result = await pack(['gzip', '4'], bytesPart(bytes), knownEnd(file, numbers), END);
    expect(result.stdout.equals(first.stdout)).toBe(true);
    return result.event('block')?.['reused'];
  };
  expect(made?.['reused']).toBe(false);
  expect(await again(right)).toBe(true);
  for (const index of right.keys())
    expect(await again(right.map((value, i) => (i === index ? value - 1 : value)))).toBe(false);
  expect(await again(right, join(folder, 'none'))).toBe(false);
  const damaged = Buffer.from(first.stdout);
  damaged[2000] = (damaged[2000] ?? 0) ^ 1;
  writeFileSync(path, damaged);
  expect(await again(right)).toBe(false);
});

/** A block that is passed over, as it is in the file `path`. */
function passed(path: string, offset: number, told: Readonly<Record<string, unknown>>): Buffer {
  const fields = Buffer.alloc(24);
  fields.writeUInt32LE(offset, 0);
  for (const [i, name] of ['length', 'piece_crc', 'size', 'crc'].entries())
    fields.writeUInt32LE(Number(told[name]), 8 + 4 * i);
  return Buffer.concat([pathField('p', Buffer.from(path)), fields]);
}

function statesBehind({ tar_state, blob_state }: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(
    `s${Buffer.from(`${tar_state}${blob_state}`, 'hex').toString('latin1')}`,
    'latin1',
  );
}

/** Some blocks whose pieces are of all lengths, and a folder with a blob that holds the first ones. */
async function earlierLayer(words: readonly string[]) {
  const random = seededRandom('a layer that begins as another');
  const blocks = Array.from({ length: 12 }, (_, i) => {
    const bytes = Buffer.alloc(64 * (1 + random.int(i % 3 === 0 ? 2 : 900)));
    for (let at = 0; at < bytes.length; at++) bytes[at] = i % 3 === 0 ? 0 : random.int(256);
    return bytes;
  });
  const parts = blocks.map((bytes) => Buffer.concat([bytesPart(bytes), BLOCK_END]));
  const made = await pack(words, ...parts, END);
  const told = made.events.filter(({ event }) => event === 'block');
  const path = join(tmpDir(), 'blob');
  writeFileSync(path, made.stdout);
  let offset = words.length === 0 ? 0 : 10;
  const pieces = told.map((event) => {
    const piece = passed(path, offset, event);
    offset += Number(event['length']);
    return piece;
  });
  return { parts, made, told, path, pieces };
}

test.each([[['gzip', '2']], [[]]])(
  'a layer that begins as another one goes on behind any of its blocks, to the same bytes and digests (%j)',
  async (words) => {
    const { parts, made, told, pieces } = await earlierLayer(words);
    for (let count = 1; count < parts.length; count++) {
      const states = statesBehind(told[count - 1] ?? {});
      const { stdout, events, event } = await pack(
        words,
        ...pieces.slice(0, count),
        states,
        ...parts.slice(count),
        END,
      );
      expect(stdout.equals(made.stdout)).toBe(true);
      expect(event('done')).toEqual(made.event('done'));
      const again = events.filter((one) => one.event === 'block');
      expect(again.slice(count)).toEqual(told.slice(count));
      expect(again.slice(0, count)).toEqual(
        told
          .slice(0, count)
          .map(({ tar_state: _, blob_state: __, ...rest }) => ({ ...rest, reused: true })),
      );
    }
  },
);

test('a piece that has to be there, and is not as it was, ends the layer', async () => {
  const { parts, told, path, pieces } = await earlierLayer(['gzip', '2']);
  const with_ = (piece: Buffer) =>
    refused(piece, statesBehind(told[0] ?? {}), ...parts.slice(1), END);
  const lost = {
    code: 'E_PIECE_LOST',
    message: `${path} has no longer what was made of a layer's beginning`,
  };
  const first: RunnerEvent = told[0] ?? { event: 'block' };
  expect(await with_(passed(path, 11, first))).toEqual(lost);
  for (const name of ['length', 'piece_crc'])
    expect(await with_(passed(path, 10, { ...first, [name]: Number(first[name]) - 1 }))).toEqual(
      lost,
    );
  expect(await with_(passed(`${path}-`, 10, first))).toMatchObject({ code: 'E_PIECE_LOST' });
  symlinkSync(path, `${path}+`);
  expect(await with_(passed(`${path}+`, 10, first))).toMatchObject({ code: 'E_PIECE_LOST' });
  expect(pieces[0]).toEqual(passed(path, 10, first));
});

test.each([
  ['does not say where it goes on', ['p', 'b']],
  ['does not say where it goes on', ['p', 'z']],
  ['goes on from nothing', ['s']],
  ['goes on from nothing', ['p', 's', 's']],
  ['passes over what is not at its start', ['b', 'p']],
  ['passes over what is not at its start', ['p', 's', 'p']],
  ['passes over half a block', ['h']],
])('a description that %s is refused (%j)', async (why, kinds) => {
  const { told, path, pieces } = await earlierLayer(['gzip', '4']);
  const first: RunnerEvent = told[0] ?? { event: 'block' };
  const part: Readonly<Record<string, Buffer | undefined>> = {
    p: pieces[0],
    b: bytesPart(Buffer.from('a')),
    s: statesBehind(first),
    z: END,
    h: passed(path, 10, { ...first, size: Number(first['size']) - 1 }),
  };
  const { message } = await refused(...kinds.map((kind) => part[kind] ?? Buffer.alloc(0)));
  expect(message).toBe(`the layer's description ${why}`);
});

test('a full disk is told as what it is', async () => {
  const stdin = Buffer.concat([
    target('/dev/full', []),
    bytesPart(Buffer.from('a')),
    BLOCK_END,
    END,
  ]);
  const result = await callRunner({ verb: 'pack', words: [], stdin });
  expect(result.event('error')).toMatchObject({ code: 'E_BLOB_WRITE', errno: 'ENOSPC' });
});

test('one layer after another is made, each as by itself, until one fails', async () => {
  const folder = tmpDir();
  const hows = [['gzip', '2'], [], ['gzip', '2'], ['gzip', '9']];
  const layers = hows.map((how, index) => {
    const path = join(folder, `layer${index}`);
    writeFileSync(path, '');
    const bytes = pinnedSample().subarray(index * 1000, 50_000);
    const parts = [bytesPart(bytes), BLOCK_END, END];
    return { how, path, parts, stdin: Buffer.concat([target(path, how), ...parts]) };
  });
  const stdin = Buffer.concat(layers.map((layer) => layer.stdin));
  const { status, events } = await callRunner({ verb: 'pack', words: [], stdin });
  expect(status).toBe(0);
  const told = events.filter(({ event }) => event === 'done').slice(0, layers.length);
  for (const [index, { how, path, parts }] of layers.entries()) {
    const alone = await pack(how, ...parts);
    expect(readFileSync(path).equals(alone.stdout)).toBe(true);
    expect(told[index]).toEqual(alone.event('done'));
  }
  const failed = await callRunner({
    verb: 'pack',
    words: [],
    stdin: Buffer.concat([layers[0]?.stdin ?? END, END, layers[1]?.stdin ?? END]),
  });
  expect(failed.status).toBe(1);
  expect(failed.event('error')).toMatchObject({
    code: 'E_STREAM',
    message: "the layer's description does not say where the blob goes",
  });
  expect(failed.event('done')).toEqual(told[0]);
});

test('the file that a layer goes to must be there, and be no link; a level must be one', async () => {
  const path = join(tmpDir(), 'layer');
  symlinkSync('/dev/null', path);
  for (const [place, level, message] of [
    [`${path}-`, '1', 'a blob cannot be written to the store'],
    [path, '1', 'a blob cannot be written to the store'],
    ['/dev/null', '10', "the layer's description has a level that is none"],
  ] as const) {
    const stdin = Buffer.concat([target(place, ['gzip', level]), END]);
    const result = await callRunner({ verb: 'pack', words: [], stdin });
    expect(result.event('error')?.message).toContain(message);
  }
});
