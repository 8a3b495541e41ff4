// Entry streams that an attacker wrote. Whatever extract answers, nothing outside of its folder changes.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RUNGS, useBench } from '../support/bench.ts';
import { END, encode, type RawEntry, stream } from '../support/entry-stream.ts';
import { seededRandom } from '../support/seed.ts';

const file = (path: string | Buffer): RawEntry => ({ type: 'file', path, content: 'attack' });

const PATHS: readonly (readonly [string, string | Buffer])[] = [
  ['climbs out', '../outside/victim'],
  ['climbs out later', 'a/../../outside/victim'],
  ['ends in ..', 'a/..'],
  ['is absolute', '/victim'],
  ['is ..', '..'],
  ['is .', '.'],
  ['has a . component', 'a/./b'],
  ['has an empty component', 'a//b'],
  ['ends in a slash', 'a/'],
  ['has an overlong component', 'x'.repeat(256)],
];

const MALFORMED: readonly (readonly [string, Buffer, string])[] = [
  ['ends inside of a length', Buffer.from([1, 0]), 'the entry stream is cut short'],
  ['ends without an end entry', encode(file('f')), 'the entry stream is cut short'],
  ['ends inside of a header', encode(file('f')).subarray(0, 30), 'the entry stream is cut short'],
  ['ends inside of content', encode({ ...file('f'), size: 1e6 }), 'the entry stream is cut short'],
  [
    'claims a gigantic header',
    Buffer.from([255, 255, 255, 255]),
    "an entry's header claims 4294967295 bytes",
  ],
  [
    'goes on behind its end',
    Buffer.concat([stream(file('f')), Buffer.of(0)]),
    'the entry stream goes on behind its end',
  ],
  ['claims an empty header', Buffer.alloc(8), "an entry's header claims 0 bytes"],
  ['has an unknown type', Buffer.from([1, 0, 0, 0, 77]), 'an entry is of unknown type 77'],
  ['has a longer end entry', Buffer.from([2, 0, 0, 0, 0, 0]), 'an entry is of unknown type 0'],
  ['has a NUL in a path', stream(file('a\0b')), 'the header of an entry is malformed'],
  [
    'has a NUL in a link',
    stream({ type: 'symlink', path: 'l', link: 'a\0b' }),
    'the header of an entry is malformed',
  ],
  ['has an overlong path', stream(file('a/'.repeat(2100))), 'the header of an entry is malformed'],
  [
    'has mode bits of a type',
    stream({ ...file('f'), mode: 0o100644 }),
    'the header of an entry is malformed',
  ],
  [
    'has a nameless xattr',
    stream({ ...file('f'), xattrs: { '': Buffer.alloc(1) } }),
    'the header of an entry is malformed',
  ],
  ['has bytes after its fields', withTail(), 'the header of an entry is malformed'],
  [
    'has a folder with content',
    stream({ type: 'dir', path: 'd', size: 5 }),
    'd has content but is no file',
  ],
  [
    'has a file with a link',
    stream({ ...file('f'), link: 'x' }),
    'the link target of f does not fit its type',
  ],
  [
    'has a symlink to nothing',
    stream({ type: 'symlink', path: 'l' }),
    'the link target of l does not fit its type',
  ],
  ['has an impossible time', stream({ ...file('f'), mtime: [0, 1e9] }), 'f has an impossible time'],
  ['has a socket', stream({ type: 'socket', path: 's' }), 'an entry is of unknown type 10'],
];

/** A good entry whose header is two bytes longer than its fields. */
function withTail(): Buffer {
  const good = encode({ type: 'dir', path: 'd' });
  good.writeUInt32LE(good.readUInt32LE(0) + 2, 0);
  return Buffer.concat([good, Buffer.alloc(2), END]);
}

describe.each(RUNGS)('on rung %s', (rung) => {
  const bench = useBench(rung);

  /** A target folder beside a folder with a victim, which links in the target lead to. */
  const arena = (): { dir: string; victim: string; links: string[] } => {
    const base = bench.folder();
    const dir = join(base, 'target');
    const victim = join(base, 'outside/victim');
    mkdirSync(dir);
    mkdirSync(join(base, 'outside'));
    writeFileSync(victim, 'untouched');
    const links = ['relative', 'absolute', 'file', 'loop'];
    symlinkSync('../outside', join(dir, 'relative'));
    symlinkSync(join(base, 'outside'), join(dir, 'absolute'));
    symlinkSync('../outside/victim', join(dir, 'file'));
    symlinkSync('loop', join(dir, 'loop'));
    bench.own(base);
    return { dir, victim, links };
  };
  const untouched = (victim: string): void => {
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    expect(readdirSync(join(victim, '..'))).toEqual(['victim']);
  };

  test.for(PATHS)('a path that %s is refused', async ([, path], context) => {
    bench.need(context);
    const { dir, victim } = arena();
    for (const type of ['file', 'dir', 'whiteout', 'fifo'] as const) {
      const result = await bench.call('extract', ['dir', dir], stream({ type, path }));
      expect(result.event('error')).toMatchObject({
        code: 'E_LAYER_PATH',
        message: expect.stringContaining('is not a path inside a layer'),
      });
    }
    const link: RawEntry = { type: 'hardlink', path: 'h', link: path };
    const result = await bench.call('extract', ['dir', dir], stream(link));
    expect(result.event('error')).toMatchObject({
      code: 'E_LAYER_PATH',
      message: expect.stringContaining('to which h is a hard link, is not a path inside a layer'),
    });
    untouched(victim);
  });

  test('no entry goes through a link, made before or by the layer itself', async (context) => {
    bench.need(context);
    const { dir, victim, links } = arena();
    const made: RawEntry = { type: 'symlink', path: 'made', link: '../outside' };
    for (const link of [...links, 'made']) {
      for (const type of ['file', 'dir', 'whiteout', 'fifo', 'opaque'] as const) {
        const input = stream(made, { type, path: `${link}/victim` });
        const result = await bench.call('extract', ['dir', dir], input);
        expect(result.event('error')).toMatchObject({
          code: 'E_LAYER_PATH',
          message: expect.stringContaining(
            `/${link}/victim goes through something that is not a folder`,
          ),
        });
      }
    }
    untouched(victim);
  });

  test('an entry replaces a link and never writes through it', async (context) => {
    bench.need(context);
    for (const type of ['file', 'dir', 'fifo', 'whiteout', 'symlink'] as const) {
      const { dir, victim } = arena();
      const link = type === 'symlink' ? { link: 'new' } : {};
      const input = stream({ type, path: 'file', uid: 1, gid: 1, mode: 0o777, ...link });
      expect((await bench.call('extract', ['dir', dir], input)).status).toBe(0);
      untouched(victim);
    }
  });

  test('a hard link neither goes through a link nor follows its target', async (context) => {
    bench.need(context);
    const { dir, victim, links } = arena();
    for (const link of links) {
      const input = stream({ type: 'hardlink', path: 'h', link: `${link}/victim` });
      const result = await bench.call('extract', ['dir', dir], input);
      expect(result.event('error')).toMatchObject({ code: 'E_LAYER_PATH' });
    }
    const input = stream(
      { type: 'hardlink', path: 'h', link: 'file' },
      { type: 'file', path: 'h', content: 'attack' },
    );
    expect((await bench.call('extract', ['dir', dir], input)).status).toBe(0);
    untouched(victim);
  });

  test.for(['none', 'a-folder', 'a-whiteout'])(
    'a hard link to %s is refused',
    async (link, context) => {
      bench.need(context);
      const input = stream(
        { type: 'dir', path: 'a-folder' },
        { type: 'whiteout', path: 'a-whiteout', mode: 0 },
        { type: 'hardlink', path: 'h', link },
      );
      const result = await bench.call('extract', ['dir', bench.folder()], input);
      expect(result.event('error')).toMatchObject({ code: 'E_LAYER_ENTRY' });
    },
  );

  test('a folder is never replaced', async (context) => {
    bench.need(context);
    for (const type of ['file', 'fifo', 'whiteout', 'symlink'] as const) {
      const entry: RawEntry = { type, path: 'd', ...(type === 'symlink' ? { link: 'x' } : {}) };
      const input = stream({ type: 'file', path: 'd/inside' }, entry);
      const dir = bench.folder();
      const result = await bench.call('extract', ['dir', dir], input);
      expect(result.event('error')).toMatchObject({
        code: 'E_LAYER_PATH',
        message: '/d is a folder already: Is a directory',
      });
      expect(existsSync(join(dir, 'd/inside'))).toBe(true);
    }
  });

  test('the root of a layer is a folder and stays one', async (context) => {
    bench.need(context);
    for (const type of ['file', 'whiteout', 'fifo'] as const) {
      const result = await bench.call(
        'extract',
        ['dir', bench.folder()],
        stream({ type, path: '' }),
      );
      expect(result.event('error')).toMatchObject({
        code: 'E_LAYER_PATH',
        message: 'the root of a layer is not a folder',
      });
    }
  });

  test('a malformed file capability is an error, not a file without it', async (context) => {
    bench.need(context);
    const xattrs = { 'security.capability': Buffer.from('nonsense') };
    const result = await bench.call(
      'extract',
      ['dir', bench.folder()],
      stream({ ...file('f'), xattrs }),
    );
    expect(result.event('error')).toMatchObject({ code: 'E_LAYER_ENTRY', errno: 'EINVAL' });
  });

  test.for(MALFORMED)('a stream that %s is refused', async ([, input, message], context) => {
    bench.need(context);
    const result = await bench.call('extract', ['dir', bench.folder()], input);
    expect(result.status).toBe(1);
    expect(result.event('error')).toEqual({
      event: 'error',
      code: 'E_STREAM',
      errno: null,
      message,
      hint: null,
    });
  });

  test('a damaged stream is an error or a tree inside of the folder, never a crash', async (context) => {
    bench.need(context);
    const random = seededRandom('damaged stream');
    const { dir, victim } = arena();
    const good = stream(
      { type: 'dir', path: 'd', xattrs: { 'user.x': Buffer.from('value') } },
      file('d/f'),
      { type: 'hardlink', path: 'd/h', link: 'd/f' },
      { type: 'symlink', path: 'd/s', link: '../../outside/victim' },
    );
    for (let i = 0; i < 60; i++) {
      const bad = Buffer.from(good);
      for (let k = random.int(4); k >= 0; k--) bad[random.int(bad.length)] = random.int(256);
      const result = await bench.call('extract', ['dir', dir], bad);
      expect([0, 1]).toContain(result.status);
      expect(result.event(result.status === 0 ? 'done' : 'error')).toBeDefined();
    }
    untouched(victim);
  });
});
