// `slipway build --call`: how the flag is read, and what outline and targets print.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dispatch } from '../../cli/dispatch.ts';
import { reportError } from '../../cli/error-report.ts';
import { readCall } from '../../cli/flags/call.ts';
import { tmpDir } from '../support/tmp.ts';
import { fakeHost } from './host.ts';
import { makeTar } from './make-tar.ts';
import { thrown } from './thrown.ts';

async function run(words: readonly string[], dockerfile: string, stdinText?: string | Uint8Array) {
  const cwd = tmpDir();
  mkdirSync(join(cwd, 'ctx'));
  writeFileSync(join(cwd, 'ctx/Dockerfile'), dockerfile);
  const env = { SLIPWAY_HOME: join(cwd, 'store') };
  const host = fakeHost({ cwd, env, platform: 'darwin', ...(stdinText && { stdinText }) });
  const report = await dispatch(['build', ...words], host).then(
    (status) => ({ exit: status, text: '' }),
    reportError,
  );
  return { ...report, out: host.out(), err: host.err() };
}

const DOCKERFILE = `ARG BASE=scratch
# tools compiles
FROM $BASE AS tools
# JOBS at once
ARG JOBS=4
RUN --mount=type=secret,id=token,required --mount=type=ssh ["make"]
FROM scratch
COPY --from=tools /x /
`;

test.each([
  [undefined, false, 'build', 'text', false],
  [undefined, true, 'check', 'text', false],
  ['check', true, 'check', 'text', false],
  ['lint', false, 'check', 'text', false],
  ['outline,format=json', false, 'outline', 'json', false],
  ['format=json,targets', false, 'targets', 'json', false],
  ['check,ignorestatus=1', false, 'check', 'text', true],
  ['subrequests.describe', false, 'subrequests.describe', 'text', false],
] as const)('--call=%s with --check %s', (call, check, method, format, ignoreStatus) => {
  expect(readCall(call, check)).toEqual({ method, format, ignoreStatus });
});

test.each([
  ['outlines', false, '--call has no method "outlines"\n = hint: did you mean outline?'],
  ['', false, '--call has no method ""\n = hint: it is one of build, check, outline, targets'],
  ['format=json', false, '--call format=json names no method'],
  ['check,outline', false, '--call check,outline names two methods'],
  ['check,format=yaml', false, '--call has no format "yaml"\n = hint: it is one of text, json'],
  ['check,to=x', false, '--call has no key to\n = hint: its keys are format, ignorestatus'],
  ['check,ignorestatus=x', false, 'ignorestatus is true or false, not "x"'],
  ['outline', true, '--check and --call=outline exclude each other'],
])('--call=%s is wrong usage', (call, check, message) => {
  expect(thrown(() => readCall(call, check))).toMatch(/^error\[E_USAGE\]: /);
  expect(thrown(() => readCall(call, check))).toContain(message);
});

test('outline, as text: tables of what the target asks for', async () => {
  const { exit, out, err } = await run(['--call=outline', '--target=tools', 'ctx'], DOCKERFILE);
  expect([exit, err]).toEqual([0, '']);
  expect(out).toBe(`TARGET:      tools
DESCRIPTION: compiles

BUILD ARG   VALUE     DESCRIPTION
BASE        scratch${'   '}
JOBS        4         at once

SECRET   REQUIRED
token    true

SSH       REQUIRED
default${'   '}

`);
});

test('outline, as JSON', async () => {
  const { out } = await run(['--call=outline,format=json', 'ctx'], DOCKERFILE);
  const at = (line: number) => ({ ranges: [{ start: { line }, end: { line } }] });
  expect(JSON.parse(out)).toEqual({
    args: [
      { name: 'BASE', value: 'scratch', location: at(1) },
      { name: 'JOBS', description: 'at once', value: '4', location: at(5) },
    ],
    secrets: [{ name: 'token', required: true, location: at(6) }],
    ssh: [{ name: 'default', location: at(6) }],
    sources: [Buffer.from(DOCKERFILE).toString('base64')],
  });
  expect(out.startsWith('{\n  "args": [\n')).toBe(true);
});

test('targets, as text and as JSON', async () => {
  const text = await run(['--call=targets', 'ctx'], DOCKERFILE);
  expect(text.out).toBe('TARGET    DESCRIPTION\ntools     compiles\n(default) \n');
  const { out } = await run(['--call=targets,format=json', 'ctx'], DOCKERFILE);
  expect(JSON.parse(out)).toEqual({
    targets: [
      {
        name: 'tools',
        description: 'compiles',
        base: '$BASE',
        location: { ranges: [{ start: { line: 3 }, end: { line: 3 } }] },
      },
      {
        default: true,
        base: 'scratch',
        location: { ranges: [{ start: { line: 7 }, end: { line: 7 } }] },
      },
    ],
    sources: [Buffer.from(DOCKERFILE).toString('base64')],
  });
});

test('the methods themselves', async () => {
  const { out } = await run(['--call=subrequests.describe', 'ctx'], DOCKERFILE);
  expect(out).toMatch(/^NAME {17}VERSION DESCRIPTION\noutline {14}1\.0\.0 {3}List all parameters/);
  const json = await run(['--call=subrequests.describe,format=json', 'ctx'], DOCKERFILE);
  expect(JSON.parse(json.out)).toHaveLength(4);
});

test('a Dockerfile on standard input, and one in a tar', async () => {
  const wanted = 'TARGET    DESCRIPTION\ntools     compiles\n(default) \n';
  const alone = await run(['--call=targets', '-f', '-'], '', DOCKERFILE);
  expect(alone.out).toBe(wanted);
  expect((await run(['--call=targets', '-f', '-', 'ctx'], '', DOCKERFILE)).out).toBe(wanted);
  const file = { name: 'Dockerfile', content: DOCKERFILE, mode: 0o644, mtime: new Date(0) };
  const tar = await run(['--call=targets', '-'], '', await makeTar([file]));
  expect(tar.out).toBe(wanted);
});

test('a Dockerfile that is wrong is refused as a build refuses it', async () => {
  const { exit, text, out } = await run(['--call=outline', 'ctx'], 'FROM scratch\nCOPPY a b\n');
  expect([exit, out]).toEqual([1, '']);
  expect(text).toMatch(/^error\[E_UNKNOWN_INSTRUCTION\]: .*\n --> ctx\/Dockerfile:2:1\n/);
});

test('text of a Dockerfile cannot drive the terminal', async () => {
  const dockerfile = '# a \u001b[2Jtext\u0007\nFROM scratch AS a\n';
  const { out } = await run(['--call=targets', 'ctx'], dockerfile);
  expect([...out].filter((char) => char !== '\n' && char < ' ')).toEqual([]);
});

const SLIPS = 'FROM scratch\nARG A\nCMD echo\nWORKDIR x\nLABEL a=b \\\n  c=d\nMAINTAINER me\n';

test('a check, as text: how many findings, and each with its lines', async () => {
  const { exit, out, err } = await run(['--check', 'ctx'], SLIPS);
  expect([exit, err]).toEqual([1, '']);
  expect(out).toMatch(/^Check complete, 3 warnings have been found!\n\nWARNING: /);
  const [, , , maintainer = ''] = out.split('\nWARNING: ');
  const [title, detail, ...excerpt] = maintainer.split('\n');
  expect(title).toBe(
    'MaintainerDeprecated - https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/',
  );
  expect(detail).toContain('org.opencontainers.image.authors');
  expect(excerpt).toEqual([
    'ctx/Dockerfile:7',
    '--------------------',
    '   5 |     LABEL a=b \\',
    '   6 |       c=d',
    '   7 | >>> MAINTAINER me',
    '   8 |     ',
    '--------------------',
    '',
  ]);
});

test('a check of a Dockerfile without slips', async () => {
  const { exit, out } = await run(['--check', 'ctx'], 'FROM scratch\n');
  expect([exit, out]).toEqual([0, 'Check complete, no warnings found.\n']);
});

test('a check, as JSON', async () => {
  const { exit, out } = await run(['--call=check,format=json', 'ctx'], 'FROM scratch\nCMD a\n');
  expect(exit).toBe(1);
  expect(JSON.parse(out)).toEqual({
    warnings: [
      {
        ruleName: 'JSONArgsRecommended',
        description: expect.any(String),
        url: 'https://docs.docker.com/go/dockerfile/rule/json-args-recommended/',
        detail: expect.stringContaining('CMD'),
        location: { ranges: [{ start: { line: 2 }, end: { line: 2 } }] },
      },
    ],
    sources: [
      {
        filename: 'ctx/Dockerfile',
        data: Buffer.from('FROM scratch\nCMD a\n').toString('base64'),
        language: 'Dockerfile',
      },
    ],
  });
});

test('findings can leave the exit status alone', async () => {
  const { exit } = await run(['--call=check,ignorestatus=true', 'ctx'], 'FROM scratch\nCMD a\n');
  expect(exit).toBe(0);
});

test('under error=true findings of the reference end a check with an error, after they were told', async () => {
  const dockerfile = '# check=error=true\nFROM scratch\nCMD a\n';
  const { exit, out, text } = await run(['--check', 'ctx'], dockerfile);
  expect(exit).toBe(1);
  expect(out).toContain('WARNING: JSONArgsRecommended');
  expect(text).toMatch(/^error\[E_LINT\]: .*: JSONArgsRecommended\n/);
  const own = await run(['--check', 'ctx'], '# check=error=true\nFROM debian\n');
  expect([own.exit, own.text]).toEqual([1, '']);
});

test('a check of a Dockerfile that cannot be built ends with the error, which is in the JSON too', async () => {
  const dockerfile = 'FROM scratch\nCOPY --into=x a b\n';
  const text = await run(['--check', 'ctx'], dockerfile);
  expect([text.exit, text.out]).toEqual([1, '']);
  expect(text.text).toMatch(
    /^error\[E_FLAG_UNKNOWN\]: COPY has no flag --into\n --> ctx\/Dockerfile:2:6\n/,
  );
  const json = await run(['--call=check,format=json', 'ctx'], dockerfile);
  expect(json.exit).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({
    warnings: [],
    buildError: {
      message: 'COPY has no flag --into',
      location: { ranges: [{ start: { line: 2 }, end: { line: 2 } }] },
    },
  });
});

test('an excerpt shows more below where nothing is above', async () => {
  const { out } = await run(
    ['--check', 'ctx'],
    'FROM scratch as x\nARG a\nARG b\nARG c\nARG d\nARG e\n',
  );
  expect(out).toContain(
    'ctx/Dockerfile:1\n--------------------\n   1 | >>> FROM scratch as x\n   2 |     ARG a\n   3 |     ARG b\n--------------------\n',
  );
});
