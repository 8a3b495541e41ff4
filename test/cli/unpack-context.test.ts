import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { unpackContext } from '../../cli/input/unpack-context.ts';
import { tmpDir } from '../support/tmp.ts';
import { makeTar, type TarFile } from './make-tar.ts';
import { rejected } from './thrown.ts';

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function unpack(files: readonly TarFile[]): Promise<string> {
  const { root, dispose } = await unpackContext(once(await makeTar(files)));
  onTestFinished(dispose);
  return root;
}

test('files, folders and links are unpacked with their modes and times', async () => {
  const root = await unpack([
    { name: 'dir/', type: 'directory', mode: 0o555 },
    { name: 'dir/tool', content: 'hi', mode: 0o4755, mtime: new Date(5000) },
    { name: 'dir/again', type: 'link', linkname: 'dir/tool' },
    { name: 'link', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'deep/er/file', content: 'x', mode: 0o600 },
  ]);
  expect(statSync(join(root, 'dir')).mode & 0o7777).toBe(0o555);
  expect(statSync(join(root, 'dir')).mtimeMs).toBe(1000);
  expect(statSync(join(root, 'dir/tool')).mode & 0o7777).toBe(0o4755);
  expect(statSync(join(root, 'dir/tool')).mtimeMs).toBe(5000);
  expect(statSync(join(root, 'dir/again')).ino).toBe(statSync(join(root, 'dir/tool')).ino);
  expect(readlinkSync(join(root, 'link'))).toBe('/etc/passwd');
  expect(readFileSync(join(root, 'deep/er/file'), 'utf8')).toBe('x');
});

test('a later entry replaces an earlier one', async () => {
  const root = await unpack([
    { name: 'a', content: 'old' },
    { name: 'b', type: 'symlink', linkname: 'a' },
    { name: 'a', content: 'new' },
    { name: 'b', content: 'file' },
  ]);
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('new');
  expect(lstatSync(join(root, 'b')).isFile()).toBe(true);
});

test('names that mean whiteouts in a layer are files of a context', async () => {
  const root = await unpack([{ name: '.wh.x', content: 'y' }]);
  expect(readdirSync(root)).toEqual(['.wh.x']);
});

test('what stands on the disk where a file goes is neither followed nor written, though nothing in the tar put it there', async () => {
  const [temporary, outside] = [tmpDir(), join(tmpDir(), 'outside')];
  vi.stubEnv('TMPDIR', temporary);
  onTestFinished(() => void vi.unstubAllEnvs());
  const tar = await makeTar([
    { name: 'first', content: 'x'.repeat(1024) },
    { name: 'second', content: 'y' },
  ]);
  async function* slowly(): AsyncGenerator<Uint8Array> {
    yield tar.subarray(0, 1024);
    const [root = ''] = readdirSync(temporary);
    // As on a file system that takes "second" and "SECOND" for one name.
    symlinkSync(outside, join(temporary, root, 'second'));
    yield tar.subarray(1024);
  }
  await expect(unpackContext(slowly())).rejects.toThrow('EEXIST');
  expect(existsSync(outside)).toBe(false);
  expect(readdirSync(temporary)).toEqual([]);
});

test('the folder is removed by dispose, even where modes forbid it', async () => {
  const tar = await makeTar([
    { name: 'closed/', type: 'directory', mode: 0 },
    { name: 'closed/file', content: 'x' },
  ]);
  const { root, dispose } = await unpackContext(once(tar));
  await dispose();
  expect(existsSync(root)).toBe(false);
});

const HOSTILE: readonly [string, string, (outside: string) => TarFile[]][] = [
  ['climbs with ..', 'has ".." in it', () => [{ name: '../x', content: 'evil' }]],
  ['climbs with .. further in', 'has ".." in it', () => [{ name: 'a/../../x', content: 'evil' }]],
  [
    'writes through a link to a folder',
    'lies below "out", which is a symlink',
    (outside) => [
      { name: 'out', type: 'symlink', linkname: outside },
      { name: 'out/x', content: 'evil' },
    ],
  ],
  [
    'makes a folder through a link',
    'lies below "out", which is a symlink',
    (outside) => [
      { name: 'out', type: 'symlink', linkname: outside },
      { name: 'out/x/', type: 'directory' },
    ],
  ],
  [
    'replaces a folder by a link',
    'stands in it twice, once as a folder',
    (outside) => [
      { name: 'd/', type: 'directory' },
      { name: 'd', type: 'symlink', linkname: outside },
      { name: 'd/x', content: 'evil' },
    ],
  ],
  [
    'hard-links a file outside',
    'leads to no file before it',
    () => [{ name: 'x', type: 'link', linkname: '/etc/passwd' }],
  ],
  [
    'hard-links through a link',
    'leads to no file before it',
    (outside) => [
      { name: 'out', type: 'symlink', linkname: outside },
      { name: 'x', type: 'link', linkname: 'out/secret' },
    ],
  ],
  [
    'hard-links a link',
    'leads to no file before it',
    (outside) => [
      { name: 'out', type: 'symlink', linkname: `${outside}/secret` },
      { name: 'x', type: 'link', linkname: 'out' },
    ],
  ],
];

test.each(HOSTILE)('a tar that %s is refused', async (_, message, files) => {
  const outside = tmpDir();
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('slipway-context-'));
  const text = await rejected(unpack(files(outside)));
  expect(text).toContain('error[E_LAYER_INVALID]: ');
  expect(text).toContain(message);
  expect(readdirSync(outside)).toEqual([]);
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith('slipway-context-'));
  expect(after).toEqual(before);
});

test('a file that replaces a link does not write through it', async () => {
  const outside = tmpDir();
  const root = await unpack([
    { name: 'x', type: 'symlink', linkname: `${outside}/file` },
    { name: 'x', content: 'mine' },
  ]);
  expect(readFileSync(join(root, 'x'), 'utf8')).toBe('mine');
  expect(readdirSync(outside)).toEqual([]);
});

test.each(['fifo', 'character-device', 'block-device'] as const)(
  'a %s is refused',
  async (type) => {
    expect(await rejected(unpack([{ name: 'x', type, devmajor: 1, devminor: 3 }]))).toContain(
      'error[E_UNSUPPORTED]: "x" of the context is no file\n',
    );
  },
);

test('a tar that ends too early is refused', async () => {
  const tar = await makeTar([{ name: 'x', content: 'y'.repeat(2000) }]);
  expect(await rejected(unpackContext(once(tar.subarray(0, 1500))))).toContain(
    'error[E_LAYER_TRUNCATED]',
  );
});

test('the time of the newest entry is the time of the context', async () => {
  const files = [5000, 9000, 7000].map((ms) => ({
    name: `f${ms}`,
    content: 'x',
    mtime: new Date(ms),
  }));
  const { newest, dispose } = await unpackContext(once(await makeTar(files)));
  onTestFinished(dispose);
  expect(newest).toBe(9);
});

test('a context of more entries than are allowed, or more bytes, is refused, and nothing is left', async () => {
  const left = (): string[] =>
    readdirSync(tmpdir()).filter((name) => name.startsWith('slipway-context-'));
  const before = left();
  const tar = await makeTar([
    { name: 'a', content: 'one' },
    { name: 'b', content: 'two' },
  ]);
  expect(await rejected(unpackContext(once(tar), { maxEntries: 1 }))).toContain(
    'error[E_LAYER_LIMIT]: the context has more than 1 entries',
  );
  expect(await rejected(unpackContext(once(tar), { maxBytes: 5 }))).toContain(
    'error[E_LAYER_LIMIT]: the context has files of more than 5 bytes',
  );
  expect(left().filter((name) => !before.includes(name))).toEqual([]);
});

// A tar of a few KiB could otherwise fill the disk.
test('holes of sparse files count among the bytes of a context', async () => {
  const pax = {
    'GNU.sparse.major': '1',
    'GNU.sparse.minor': '0',
    'GNU.sparse.name': 'sparse',
    'GNU.sparse.realsize': '1048576',
  };
  const map = '1\n1048576\n0\n'.padEnd(512, '\0');
  const tar = await makeTar([{ name: 'sparse', content: map, pax }]);
  expect(await rejected(unpackContext(once(tar), { maxBytes: 2 ** 20 - 1 }))).toContain(
    'error[E_LAYER_LIMIT]: the context has files of more than 1048575 bytes',
  );
});
