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
  const host = fakeHost({ cwd, platform: 'darwin', ...(stdinText && { stdinText }) });
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
