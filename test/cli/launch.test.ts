// How the program starts: out of what was compiled before, where that can be trusted.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { requires } from '../support/requires.ts';
import { tmpDir } from '../support/tmp.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/slipway.cjs');

beforeEach((context) => requires(context, existsSync(PROGRAM), 'the built program: npm run build'));

function start(cache: string, ...words: string[]): number | null {
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  const { status } = spawnSync(process.execPath, [PROGRAM, ...words], { env, timeout: 20_000 });
  return status;
}

function kept(cache: string): string[] {
  const folder = join(cache, 'slipway');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** A cache folder with the compiled code of `version` in it, as it stays. */
function withCode(): { readonly cache: string; readonly code: string } {
  const cache = tmpDir();
  for (let i = 0; i < 2; i++) expect(start(cache, 'version')).toBe(0);
  const [code = ''] = kept(cache);
  return { cache, code };
}

test('what was compiled is kept for each command, for its user only, and stays as it is', () => {
  const { cache, code } = withCode();
  expect(code).toMatch(/\/code-[0-9a-f]{16}-v[0-9.]+-\w+-version$/);
  const before = readFileSync(code);
  expect(start(cache, 'version')).toBe(0);
  expect(readFileSync(code).equals(before)).toBe(true);
  expect(start(cache, 'help')).toBe(0);
  expect(kept(cache)).toHaveLength(2);
});

test.for([
  ['much', 'little'],
  ['little', 'much'],
])('of a first run that needs %s and a second that needs %s, the smaller code is kept', (runs) => {
  const folder = tmpDir();
  const once = Array.from({ length: 2000 }, (_, index) => `x.push({ name${index}: ${index} });`);
  const program = `(function () {
    function much(x) { ${once.join(' ')} }
    if (process.argv[3] === 'much') much([]);
  })`;
  writeFileSync(join(folder, 'program.cjs'), program);
  copyFileSync(PROGRAM, join(folder, 'slipway.cjs'));
  const env = { ...process.env, XDG_CACHE_HOME: folder };
  const sizes = [...runs, ...runs].map((need) => {
    const args = [join(folder, 'slipway.cjs'), 'build', need];
    expect(spawnSync(process.execPath, args, { env }).status).toBe(0);
    const [code = ''] = kept(folder);
    return readFileSync(code).byteLength;
  });
  const [first = 0, settled = 0, ...later] = sizes;
  expect(settled).toBeLessThan(50_000);
  expect(first > settled).toBe(runs[0] === 'much');
  expect(later).toEqual([settled, settled]);
});

test('a command that fails keeps nothing', () => {
  const cache = tmpDir();
  expect(start(cache, 'nonsense')).toBe(2);
  expect(kept(cache)).toEqual([]);
});

test('code in which a bit has flipped is not run but made anew', () => {
  const { cache, code } = withCode();
  const whole = readFileSync(code);
  const flipped = Buffer.from(whole);
  flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 4;
  writeFileSync(code, flipped);
  expect(start(cache, 'version')).toBe(0);
  expect(readFileSync(code).equals(flipped)).toBe(false);
});

test.each([
  ['an empty file', Buffer.alloc(0)],
  ['a file that is cut short', Buffer.from([1, 2])],
])('%s in the place of code does no harm', (_, bytes) => {
  const { cache, code } = withCode();
  writeFileSync(code, bytes);
  expect(start(cache, 'version')).toBe(0);
});

test('code that somebody else could have written is not even opened', (context) => {
  requires(context, process.platform === 'linux', 'Linux');
  const { cache, code } = withCode();
  const pipe = code.replace('-version', '-help');
  spawnSync('mkfifo', ['-m', '600', pipe]);
  chmodSync(join(cache, 'slipway'), 0o777);
  // Whoever opens the pipe waits for its writer for ever.
  expect(start(cache, 'help')).toBe(0);
  chmodSync(join(cache, 'slipway'), 0o700);
  chmodSync(pipe, 0o622);
  expect(start(cache, 'help')).toBe(0);
});

test('a cache folder that cannot be made does no harm', () => {
  const file = join(tmpDir(), 'file');
  writeFileSync(file, '');
  expect(start(file, 'version')).toBe(0);
  const other = tmpDir();
  mkdirSync(join(other, 'slipway'), { mode: 0o500 });
  expect(start(other, 'version')).toBe(0);
});
