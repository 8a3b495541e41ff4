// `slipway lint` as a whole.

import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dispatch } from '../../cli/dispatch.ts';
import { reportError } from '../../cli/error-report.ts';
import { tmpDir } from '../support/tmp.ts';
import { fakeHost } from './host.ts';

function checkout(dockerfile: string | Uint8Array): string {
  const cwd = tmpDir();
  mkdirSync(join(cwd, 'ctx'));
  writeFileSync(join(cwd, 'ctx/Dockerfile'), dockerfile);
  return cwd;
}

async function lint(cwd: string, words: readonly string[], stdinText = '') {
  const env = { SLIPWAY_HOME: join(cwd, 'store') };
  const host = fakeHost({ cwd, env, platform: 'darwin', ...(stdinText && { stdinText }) });
  const report = await dispatch(['lint', ...words], host).then(
    (status) => ({ exit: status, text: '' }),
    reportError,
  );
  return { ...report, out: host.out() };
}

const SLIPS = 'FROM scratch as a\nCOPY x /\nRUN ["/x"]\nFROM debian:12\nCMD a\n';

test('findings are shown with place and carets, and counted', async () => {
  const { exit, out, text } = await lint(checkout(SLIPS), ['ctx']);
  expect([exit, text]).toEqual([1, '']);
  expect(out).toMatch(/^warning\[UnusedStage\]: no other stage uses a, and it is not the last\n/m);
  expect(out).toContain(`
 --> ctx/Dockerfile:1:14
  |
1 | FROM scratch as a
  |              ^^
  = see docs/lint/FromAsCasing.md; --fix mends it

warning`);
  expect(out).toMatch(/\n\nctx\/Dockerfile: 3 warnings, 1 of which --fix mends\n$/);
});

test('nothing found', async () => {
  const { exit, out } = await lint(checkout('FROM debian:12\n'), ['ctx/Dockerfile']);
  expect([exit, out]).toEqual([0, 'ctx/Dockerfile: no warnings\n']);
});

test('a folder, a file, -f with a context, and standard input', async () => {
  const cwd = checkout('FROM debian\n');
  for (const words of [['ctx'], ['ctx/Dockerfile'], ['-f', 'ctx/Dockerfile', 'ctx']]) {
    expect((await lint(cwd, words)).out).toContain('--> ctx/Dockerfile:1:6\n');
  }
  expect((await lint(cwd, ['-'], 'FROM debian\n')).out).toContain('--> <stdin>:1:6\n');
});

test('the ignore file of a folder is looked at, and the build arguments given', async () => {
  const cwd = checkout('ARG T\nFROM debian:$T\nCOPY secret /\n');
  writeFileSync(join(cwd, 'ctx/.dockerignore'), 'secret\n');
  const { out } = await lint(cwd, [
    '--build-arg',
    'T=12',
    '--skip',
    'InvalidDefaultArgInFrom',
    'ctx',
  ]);
  expect(out).toMatch(/^warning\[CopyIgnoredFile\]: /);
});

test('a base image in the local store is known, and the store is not made for it', async () => {
  const cwd = checkout('FROM scratch\nENV KNOWN=1\nCOPY Dockerfile /\n');
  const env = { SLIPWAY_HOME: join(cwd, 'store') };
  const dockerfile = 'FROM base:1\nENV A=$KNOWN B=$KNOWM\n';
  writeFileSync(join(cwd, 'Dockerfile'), dockerfile);
  expect((await lint(cwd, ['Dockerfile'])).exit).toBe(0);
  expect(readdirSync(cwd)).not.toContain('store');
  await dispatch(['build', '-q', '-t', 'base:1', 'ctx'], fakeHost({ cwd, env }));
  const { out } = await lint(cwd, ['Dockerfile']);
  expect(out.match(/^warning.*/gm)).toEqual([expect.stringContaining('warning[UndefinedVar]: ')]);
  expect(out).toContain('KNOWM');
});

test('as JSON, with places from start to end', async () => {
  const { exit, out } = await lint(checkout('FROM debian\n'), ['--format', 'json', 'ctx']);
  expect(exit).toBe(1);
  expect(JSON.parse(out)).toEqual({
    file: 'ctx/Dockerfile',
    findings: [
      {
        rule: 'UnpinnedBaseImage',
        message: expect.stringContaining('debian has no tag'),
        line: 1,
        column: 6,
        endLine: 1,
        endColumn: 12,
        page: 'docs/lint/UnpinnedBaseImage.md',
        fixable: false,
      },
    ],
    fixed: [],
    errors: [],
  });
});

test('errors end the command, and are in the JSON', async () => {
  const cwd = checkout('FROM debian\nCOPY --into=x a b\n');
  const { exit, text, out } = await lint(cwd, ['--format=json', 'ctx']);
  expect([exit, text.split('\n')[0]]).toEqual([
    1,
    'error[E_FLAG_UNKNOWN]: COPY has no flag --into',
  ]);
  expect(JSON.parse(out)).toMatchObject({ errors: [{ code: 'E_FLAG_UNKNOWN', line: 2 }] });
});

test('--skip and --experimental choose rules', async () => {
  const cwd = checkout('FROM debian\n');
  const rules = async (...words: string[]) =>
    [...(await lint(cwd, [...words, 'ctx'])).out.matchAll(/^warning\[(\w+)\]/gm)].map(([, r]) => r);
  expect(await rules()).toEqual(['UnpinnedBaseImage']);
  expect(await rules('--skip', 'UnpinnedBaseImage')).toEqual([]);
  expect(await rules('--skip', 'all')).toEqual([]);
  expect(await rules('--experimental', 'UnpinnedDigest')).toEqual([
    'UnpinnedBaseImage',
    'UnpinnedDigest',
  ]);
});

test.each([
  [
    ['--skip', 'LatestTagg', '.'],
    '--skip: there is no such rule: "LatestTagg"\n = hint: did you mean LatestTag?',
  ],
  [
    ['--experimental', 'LatestTag', '.'],
    '--experimental: there is no such rule: "LatestTag"\n = hint: it is one of ',
  ],
  [['--fix', '-'], 'a Dockerfile on standard input cannot be fixed'],
])('%j is wrong usage', async (words, message) => {
  const { exit, text } = await lint(checkout(''), words);
  expect(exit).toBe(2);
  expect(text).toContain(`error[E_USAGE]: ${message}`);
});

test('a path where nothing is', async () => {
  const { exit, text } = await lint(checkout(''), ['nowhere']);
  expect(exit).toBe(1);
  expect(text).toMatch(/^error\[E_DOCKERFILE_NOT_FOUND\]: there is no nowhere\n/);
});

test('--fix changes what it mends and no other byte, and keeps the mode', async () => {
  const before = Buffer.from(
    '\xef\xbb\xbfFROM debian:12 as x\r\nENV  a b\r\n# \xff\r\nadd . /x\r\nRUN foo \\\r\n\r\n  bar\r\nLABEL\tk=v',
    'latin1',
  );
  const after = Buffer.from(
    '\xef\xbb\xbfFROM debian:12 AS x\r\nENV  a=b\r\n# \xff\r\nCOPY . /x\r\nRUN foo \\\r\n  bar\r\nLABEL\tk=v',
    'latin1',
  );
  const cwd = checkout(before);
  chmodSync(join(cwd, 'ctx/Dockerfile'), 0o640);
  const { exit, out } = await lint(cwd, ['--fix', 'ctx']);
  expect(readFileSync(join(cwd, 'ctx/Dockerfile'))).toEqual(after);
  expect(statSync(join(cwd, 'ctx/Dockerfile')).mode & 0o7777).toBe(0o640);
  expect(readdirSync(join(cwd, 'ctx'))).toEqual(['Dockerfile']);
  expect(out).toMatch(/^fixed\[FromAsCasing\]: ctx\/Dockerfile:1:\d+: /);
  expect(out.match(/^fixed/gm)).toHaveLength(5);
  expect([exit, out.split('\n').at(-2)]).toEqual([0, 'ctx/Dockerfile: no warnings']);
  expect((await lint(cwd, ['--fix', 'ctx'])).out).toBe('ctx/Dockerfile: no warnings\n');
});

test('--fix writes the file that a link leads to, and leaves a file with errors alone', async () => {
  const cwd = checkout('FROM debian:12 as x\n');
  symlinkSync('Dockerfile', join(cwd, 'ctx/link'));
  expect((await lint(cwd, ['--fix', 'ctx/link'])).exit).toBe(0);
  expect(readFileSync(join(cwd, 'ctx/Dockerfile'), 'utf8')).toBe('FROM debian:12 AS x\n');
  expect(readdirSync(join(cwd, 'ctx'))).toEqual(['Dockerfile', 'link']);
  const broken = checkout('FROM debian:12 as x\nCOPPY a b\n');
  expect((await lint(broken, ['--fix', 'ctx'])).exit).toBe(1);
  expect(readFileSync(join(broken, 'ctx/Dockerfile'), 'utf8')).toContain(' as ');
});
