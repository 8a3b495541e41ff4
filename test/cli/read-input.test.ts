import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readInput } from '../../cli/input/read-input.ts';
import { tmpDir } from '../support/tmp.ts';
import { fakeHost } from './host.ts';
import { makeTar } from './make-tar.ts';
import { rejected } from './thrown.ts';

/** Writes files, given as path to text, below a new folder. */
function folder(files: Readonly<Record<string, string>>): string {
  const root = tmpDir();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

async function read(cwd: string, file: string | undefined, context?: string, stdinText = '') {
  const input = await readInput(file, context, fakeHost({ cwd, stdinText }));
  await input.dispose();
  const { dockerfile } = input;
  const ignoreFile = input.context.kind === 'directory' ? input.context.ignoreFile : undefined;
  return { dockerfile, ignoreFile, kind: input.context.kind };
}

test('the Dockerfile of the context is taken, with the name that a person would type', async () => {
  const cwd = folder({ 'app/Dockerfile': 'FROM a' });
  expect(await read(cwd, undefined, 'app')).toEqual({
    dockerfile: { name: 'app/Dockerfile', text: 'FROM a' },
    ignoreFile: undefined,
    kind: 'directory',
  });
});

test('dockerfile in lower case is the second choice', async () => {
  expect((await read(folder({ dockerfile: 'lower' }), undefined, '.')).dockerfile.text).toBe(
    'lower',
  );
  const both = folder({ dockerfile: 'lower', Dockerfile: 'upper' });
  expect((await read(both, undefined, '.')).dockerfile.text).toBe('upper');
});

test('-f is relative to the current folder and may lie outside of the context', async () => {
  const cwd = folder({ 'app/x': '', 'docker/prod': 'FROM b', 'docker/prod.dockerignore': 'x' });
  expect(await read(cwd, 'docker/prod', 'app')).toEqual({
    dockerfile: { name: 'docker/prod', text: 'FROM b' },
    ignoreFile: { name: 'docker/prod.dockerignore', text: 'x' },
    kind: 'directory',
  });
});

test('the ignore file beside the Dockerfile replaces the one of the context', async () => {
  const files = { 'a.Dockerfile': 'FROM a', '.dockerignore': 'general' };
  const cwd = folder(files);
  expect((await read(cwd, 'a.Dockerfile', '.')).ignoreFile).toEqual({
    name: '.dockerignore',
    text: 'general',
  });
  writeFileSync(join(cwd, 'a.Dockerfile.dockerignore'), 'special');
  expect((await read(cwd, 'a.Dockerfile', '.')).ignoreFile).toEqual({
    name: 'a.Dockerfile.dockerignore',
    text: 'special',
  });
});

test('bytes that are not UTF-8 are kept', async () => {
  const cwd = folder({});
  writeFileSync(join(cwd, 'Dockerfile'), Buffer.from([0x46, 0xff]));
  expect((await read(cwd, undefined, '.')).dockerfile.text).toBe('F\udcff');
});

test('-f - reads the Dockerfile from standard input, with or without a context', async () => {
  const cwd = folder({ '.dockerignore': 'x' });
  const dockerfile = { name: '<stdin>', text: 'FROM c' };
  expect(await read(cwd, '-', '.', 'FROM c')).toEqual({
    dockerfile,
    ignoreFile: { name: '.dockerignore', text: 'x' },
    kind: 'directory',
  });
  expect(await read(cwd, '-', undefined, 'FROM c')).toEqual({
    dockerfile,
    ignoreFile: undefined,
    kind: 'empty',
  });
});

test('text on standard input as the context is a Dockerfile without a context', async () => {
  expect(await read('/', undefined, '-', 'FROM d')).toEqual({
    dockerfile: { name: '<stdin>', text: 'FROM d' },
    ignoreFile: undefined,
    kind: 'empty',
  });
});

test.each([
  ['plain', (tar: Buffer) => tar],
  ['gzip', (tar: Buffer) => gzipSync(tar)],
])('a %s tar on standard input is the context, and -f a path in it', async (_, wrap) => {
  const tar = await makeTar([
    { name: './Dockerfile', content: 'FROM e' },
    { name: './sub/other', content: 'FROM f' },
    { name: './.dockerignore', content: 'x' },
  ]);
  const read = async (file: string | undefined) =>
    readInput(file, '-', { cwd: '/', stdin: fakeHost({ stdinText: wrap(tar) }).stdin });
  const first = await read(undefined);
  await first.dispose();
  expect(first.dockerfile).toEqual({ name: 'Dockerfile', text: 'FROM e' });
  expect(first.context).toMatchObject({ ignoreFile: { name: '.dockerignore', text: 'x' } });
  const second = await read('sub/other');
  await second.dispose();
  expect(second.dockerfile).toEqual({ name: 'sub/other', text: 'FROM f' });
});

test.each([
  [
    undefined,
    'nowhere',
    'E_CONTEXT_NOT_FOUND',
    'the context nowhere cannot be used: it does not exist',
  ],
  [undefined, 'x', 'E_CONTEXT_NOT_FOUND', 'the context x cannot be used: it is not a folder'],
  [undefined, '.', 'E_DOCKERFILE_NOT_FOUND', 'there is no Dockerfile\n = hint: -f PATH names'],
  [
    'other',
    '.',
    'E_DOCKERFILE_NOT_FOUND',
    'there is no other\n = hint: the path given by -f starts',
  ],
  ['dir', '.', 'E_DOCKERFILE_NOT_FOUND', 'dir cannot be read: it is not a regular file'],
  [undefined, 'https://host/x.git', 'E_UNSUPPORTED', 'only builds fetch a context'],
  [undefined, 'git@host:x', 'E_UNSUPPORTED', 'only builds fetch a context'],
  [undefined, 'me@host:there', 'E_DOCKERFILE_NOT_FOUND', 'there is no me@host:there/Dockerfile'],
  ['Dockerfile', '-', 'E_USAGE', 'standard input is not a tar, so there is no Dockerfile in it'],
])('-f %s with the context %s: %s', async (file, context, code, message) => {
  const cwd = folder({ x: '', 'dir/y': '', 'me@host:there/z': '' });
  const text = await rejected(read(cwd, file, context, 'FROM a'));
  expect(text).toContain(`error[${code}]: ${message}`);
});

test('a terminal as context is refused, since nothing would ever come', async () => {
  const host = fakeHost();
  Object.assign(host.stdin, { isTTY: true });
  expect(await rejected(readInput(undefined, '-', host))).toContain(
    'error[E_USAGE]: standard input is a terminal, not a tar',
  );
});

test.each([
  ['Dockerfile', undefined],
  ['Dockerfile', 'Dockerfile'],
  ['.dockerignore', undefined],
  ['Dockerfile.dockerignore', undefined],
])(
  'CVE-2022-4122: a link %s that leads outside the context is refused (-f %s)',
  async (name, file) => {
    const secret = join(folder({ secret: 'root:x:0:0' }), 'secret');
    const cwd = folder(name === 'Dockerfile' ? {} : { Dockerfile: 'FROM a' });
    symlinkSync(secret, join(cwd, name));
    const text = await rejected(read(cwd, file, '.'));
    expect(text).toContain(
      `error[E_CONTEXT_ESCAPE]: ${name} is a link that leads outside the context\n`,
    );
    expect(text).not.toContain('root:x');
  },
);

test('a Dockerfile behind a linked folder of the context is refused too', async () => {
  const outside = folder({ Dockerfile: 'FROM secret' });
  const cwd = folder({ x: '' });
  symlinkSync(outside, join(cwd, 'sub'));
  expect(await rejected(read(cwd, 'sub/Dockerfile', '.'))).toContain('error[E_CONTEXT_ESCAPE]');
});

test('links that stay inside the context are followed', async () => {
  const cwd = folder({ 'real/Dockerfile': 'FROM g' });
  symlinkSync('real/Dockerfile', join(cwd, 'Dockerfile'));
  expect((await read(cwd, undefined, '.')).dockerfile.text).toBe('FROM g');
});

test('a context that is itself reached by a link is no escape', async () => {
  const real = folder({ Dockerfile: 'FROM h', '.dockerignore': 'x' });
  const cwd = folder({});
  symlinkSync(real, join(cwd, 'ctx'));
  expect(await read(cwd, undefined, 'ctx')).toMatchObject({
    dockerfile: { text: 'FROM h' },
    ignoreFile: { text: 'x' },
  });
});
