// What goes through extract and comes back from dump, and what remove takes away.

import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RUNGS, useBench } from '../support/bench.ts';
import { decode, type RawEntry, stream } from '../support/entry-stream.ts';

/** cap_net_bind_service=ep, as setcap writes it. */
const CAPABILITY = Buffer.from('0100000200040000000000000000000000000000', 'hex');

const TREE: readonly RawEntry[] = [
  { type: 'dir', path: '', mode: 0o755, mtime: [1000, 1] },
  { type: 'dir', path: 'a', mode: 0o2755, uid: 1, gid: 2, mtime: [2000, 2] },
  { type: 'opaque', path: 'a', mode: 0 },
  { type: 'file', path: 'a/deep', mode: 0o600, content: 'deep', mtime: [1, 999999999] },
  { type: 'file', path: 'a-b', mode: 0o644, content: '' },
  { type: 'file', path: 'big', mode: 0o644, content: Buffer.alloc(3_500_000, 'xyz') },
  { type: 'fifo', path: 'fifo', mode: 0o640, uid: 3, gid: 4 },
  { type: 'whiteout', path: 'gone', mode: 0 },
  { type: 'file', path: 'hard', mode: 0o644, content: 'one file' },
  { type: 'hardlink', path: 'hard2', mode: 0o644, link: 'hard' },
  {
    type: 'symlink',
    path: 'link',
    mode: 0o777,
    uid: 5,
    gid: 6,
    link: '/etc/passwd',
    mtime: [3, 4],
  },
  {
    type: 'file',
    path: 'ping',
    mode: 0o755,
    content: 'p',
    xattrs: { 'security.capability': CAPABILITY },
  },
  {
    type: 'file',
    path: 'su',
    mode: 0o6755,
    uid: 7,
    gid: 8,
    content: 'setuid',
    xattrs: { 'user.a': Buffer.from('1'), 'user.b': Buffer.alloc(0) },
  },
  { type: 'dir', path: 'tmp', mode: 0o1777, xattrs: { 'user.dir': Buffer.from([0, 255]) } },
  { type: 'file', path: Buffer.from([0xff, 0xfe, 0x20, 0x0a]), mode: 0o644, content: 'not UTF-8' },
];

describe.each(RUNGS)('on rung %s', (rung) => {
  const bench = useBench(rung);

  test('a tree comes back from dump as it went into extract', async (context) => {
    bench.need(context);
    const dir = bench.folder();
    const extracted = await bench.call('extract', ['dir', dir], stream(...TREE));
    expect(extracted.events).toEqual([
      { event: 'hello', version: 2 },
      { event: 'done', entries: TREE.length, bytes: 3_500_000 + 4 + 8 + 1 + 6 + 9 },
    ]);
    const dumped = await bench.call('dump', ['dir', dir, 'all']);
    const entries = decode(dumped.stdout);
    expect(entries.map(({ type, path }) => [type, path])).toEqual(
      TREE.map(({ type, path }) => [type, Buffer.from(path).toString('latin1')]),
    );
    for (const [i, expected] of TREE.entries()) {
      const xattrs = Object.entries(expected.xattrs ?? {});
      expect(entries[i]).toMatchObject({
        mode: expected.mode,
        ...(expected.uid === undefined ? {} : { uid: expected.uid, gid: expected.gid }),
        ...(expected.mtime === undefined ? {} : { mtime: expected.mtime }),
        xattrs: Object.fromEntries(xattrs.map(([name, value]) => [name, value.toString('hex')])),
        link: expected.link ?? '',
      });
      expect(entries[i]?.content.equals(Buffer.from(expected.content ?? ''))).toBe(true);
    }
  });

  test('a step sees an extracted layer as it was meant', async (context) => {
    bench.need(context);
    const layer = bench.folder();
    await bench.call('extract', ['dir', layer], stream(...TREE));
    const fill = (lower: string): void => {
      mkdirSync(join(lower, 'a'));
      writeFileSync(join(lower, 'a/hidden'), '');
      writeFileSync(join(lower, 'gone'), '');
    };
    const args = ['/probe', 'all', 'ls', '/a', ',', 'stat', '/su', ',', 'stat', '/gone'];
    const result = await bench.run({ args, lowers: [layer], fill });
    expect(result.stdout.toString()).toBe('deep\n106755 7:8 6 0:0\nENOENT\n');
  });

  test('siblings are sorted by bytes and children follow their folder', async (context) => {
    bench.need(context);
    const dir = bench.folder();
    for (const name of ['a', 'a/z', 'a.b', 'a-', 'B', 'é']) mkdirSync(join(dir, name));
    bench.own(dir);
    const entries = decode((await bench.call('dump', ['dir', dir, 'all'])).stdout);
    const paths = entries.map(({ path }) => Buffer.from(path, 'latin1').toString());
    expect(paths).toEqual(['', 'B', 'a', 'a/z', 'a-', 'a.b', 'é']);
  });

  test('dump of paths gives exactly these files, in that order', async (context) => {
    bench.need(context);
    const dir = bench.folder();
    await bench.call('extract', ['dir', dir], stream(...TREE));
    const wanted = Buffer.from('hard2\0a/deep\0a-b\0');
    const result = await bench.call('dump', ['dir', dir, 'paths'], wanted);
    const entries = decode(result.stdout);
    expect(entries.map(({ path, content }) => [path, content.toString()])).toEqual([
      ['hard2', 'one file'],
      ['a/deep', 'deep'],
      ['a-b', ''],
    ]);
  });

  test.for([
    ['none', 'ENOENT', 'cannot open /none: No such file or directory'],
    ['link', 'ELOOP', 'cannot open /link: Too many levels of symbolic links'],
    ['a/../hard', null, '"a/../hard" is not a path inside a layer'],
    ['fifo', null, '/fifo is not a regular file'],
    ['a', null, '/a is not a regular file'],
  ] as const)('dump of the path %s is refused', async ([path, errno, message], context) => {
    bench.need(context);
    const dir = bench.folder();
    await bench.call('extract', ['dir', dir], stream(...TREE));
    const result = await bench.call('dump', ['dir', dir, 'paths'], Buffer.from(`${path}\0`));
    expect(result.status).toBe(1);
    expect(result.event('error')).toEqual({
      event: 'error',
      code: 'E_PATH',
      errno,
      message,
      hint: null,
    });
  });

  test('a list of paths that is cut short is refused', async (context) => {
    bench.need(context);
    const result = await bench.call('dump', ['dir', bench.folder(), 'paths'], Buffer.from('a/b'));
    expect(result.event('error')).toMatchObject({
      code: 'E_STREAM',
      message: 'the list of paths is cut short',
    });
  });

  test('marks of overlayfs that a layer carries are left out, with a note', async (context) => {
    bench.need(context);
    const dir = bench.folder();
    const mark = {
      'user.overlay.opaque': Buffer.from('y'),
      'user.overlay.redirect': Buffer.from('/x'),
    };
    const input = stream({ type: 'dir', path: 'd', xattrs: mark });
    const result = await bench.call('extract', ['dir', dir], input);
    expect(result.event('note')).toMatchObject({
      subject: 'xattrs',
      message: '2 extended attributes were left out, the first of them user.overlay.opaque',
    });
    const entries = decode((await bench.call('dump', ['dir', dir, 'all'])).stdout);
    expect(entries.map(({ type }) => type)).toEqual(['dir', 'dir']);
  });

  test('device nodes are made by root, and noted where they cannot be', async (context) => {
    bench.need(context);
    const dir = bench.folder();
    const input = stream(
      { type: 'char', path: 'null', major: 1, minor: 3 },
      { type: 'char', path: 'forged-whiteout' },
    );
    const result = await bench.call('extract', ['dir', dir], input);
    // With one id nobody may make them either, but a stand-in is kept for each.
    const isMade = rung !== 'rootless';
    const count = isMade ? 1 : 2;
    const first = isMade ? 'forged-whiteout' : 'null';
    expect(result.event('note')).toEqual({
      event: 'note',
      subject: 'devices',
      message: `${count} device nodes were left out, the first of them /${first}`,
    });
    expect(readdirSync(dir)).toEqual(isMade ? ['null'] : []);
  });

  test('missing parents are made, files are replaced, folders are merged', async (context) => {
    bench.need(context);
    const dir = bench.folder();
    const first = stream(
      { type: 'file', path: 'x/y/f', content: 'old' },
      { type: 'symlink', path: 'x/l', link: '/etc/passwd' },
    );
    expect((await bench.call('extract', ['dir', dir], first)).status).toBe(0);
    const second = stream(
      { type: 'dir', path: 'x', mode: 0o700 },
      { type: 'symlink', path: 'x/y/f', link: 'elsewhere' },
      { type: 'file', path: 'x/l', content: 'now a file' },
    );
    expect((await bench.call('extract', ['dir', dir], second)).status).toBe(0);
    const entries = decode((await bench.call('dump', ['dir', dir, 'all'])).stdout);
    expect(entries.map(({ path, type, mode }) => [path, type, mode])).toEqual([
      ['', 'dir', 0o755],
      ['x', 'dir', 0o700],
      ['x/l', 'file', 0o644],
      ['x/y', 'dir', 0o755],
      ['x/y/f', 'symlink', 0o777],
    ]);
  });

  test('remove takes a tree of the rung away, however it is locked', async (context) => {
    bench.need(context);
    const dir = join(bench.folder(), 'layer');
    mkdirSync(dir);
    bench.own(dir);
    await bench.call(
      'extract',
      ['dir', dir],
      stream(...TREE, { type: 'dir', path: 'locked', mode: 0 }),
    );
    const result = await bench.call('remove', ['path', dir, 'path', `${dir}-was-never-there`]);
    expect(result.event('done')).toEqual({ event: 'done', entries: TREE.length, bytes: 0 });
    expect(existsSync(dir)).toBe(false);
  });

  test('the work folder of a step can be removed', async (context) => {
    bench.need(context);
    const step = await bench.run({ args: ['/probe', 'write', '/new', 'x'] });
    const paths = ['work', 'upper', 'scratch', 'root', 'lower'].map((name) => join(step.dir, name));
    const result = await bench.call(
      'remove',
      paths.flatMap((path) => ['path', path]),
    );
    expect(result.status).toBe(0);
    expect(readdirSync(step.dir)).toEqual([]);
  });

  test('remove follows no link', async (context) => {
    bench.need(context);
    const [dir, kept] = [bench.folder(), bench.folder()];
    writeFileSync(join(kept, 'f'), '');
    symlinkSync(kept, join(dir, 'link'));
    linkSync(join(kept, 'f'), join(dir, 'hard'));
    bench.own(dir);
    const result = await bench.call('remove', ['path', dir]);
    expect(result.status).toBe(0);
    expect(readdirSync(kept)).toEqual(['f']);
  });

  test('folders nested 3000 deep can be removed; dump says that they are too deep', async (context) => {
    bench.need(context);
    const step = await bench.run({ args: ['/probe', 'deep', 'abc', '3000'] });
    expect(step.event('exit')?.code).toBe(0);
    const dumped = await bench.call('dump', ['dir', step.upper, 'all']);
    expect(dumped.event('error')).toMatchObject({ code: 'E_IO', errno: 'ENAMETOOLONG' });
    const removed = await bench.call('remove', ['path', step.upper]);
    expect(removed.event('done')?.entries).toBe(3001);
    expect(existsSync(step.upper)).toBe(false);
  });

  test('folders nested 1500 deep are dumped and extracted', async (context) => {
    bench.need(context);
    const step = await bench.run({ args: ['/probe', 'deep', 'd', '1500'] });
    const dumped = await bench.call('dump', ['dir', step.upper, 'all']);
    expect(dumped.event('done')?.entries).toBe(1501);
    const copy = bench.folder();
    const extracted = await bench.call('extract', ['dir', copy], dumped.stdout);
    expect(extracted.event('done')?.entries).toBe(1501);
    await bench.call('remove', ['path', copy, 'path', step.upper]);
  });
});

describe('as the caller, without a user namespace', () => {
  const bench = useBench('root');

  test('a FIFO and a socket in the folder do not block dump', async (context) => {
    bench.need(context);
    const dir = mkdtempSync(join(tmpdir(), 'slipway-dump-'));
    chmodSync(dir, 0o755);
    const { createServer } = await import('node:net');
    const server = createServer().listen(join(dir, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    expect(lstatSync(join(dir, 'socket')).isSocket()).toBe(true);
    const entries = decode((await bench.call('dump', ['dir', dir, 'all'])).stdout);
    expect(entries.map(({ type }) => type)).toEqual(['dir', 'socket']);
    server.close();
    rmSync(dir, { recursive: true });
  });
});
