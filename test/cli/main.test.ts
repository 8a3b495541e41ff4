// The program as a process: what only the entry does.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, test } from 'vitest';
import { requires } from '../support/requires.ts';
import { tmpDir } from '../support/tmp.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/slipway.cjs');

beforeEach((context) => requires(context, existsSync(PROGRAM), 'the built program: npm run build'));

function start(...words: string[]): ChildProcess & { stdin: NodeJS.WritableStream } {
  const env = { ...process.env, SLIPWAY_HOME: join(tmpDir(), 'store') };
  const child = spawn(process.execPath, [PROGRAM, ...words], { env, stdio: 'pipe' });
  child.stdin.on('error', () => {});
  return child;
}

async function run(...words: string[]): Promise<{ status: number; out: string; err: string }> {
  const child = start(...words);
  child.stdin.end();
  const closed = once(child, 'close') as Promise<[number]>;
  const [out, err] = await Promise.all([streamText(child.stdout), streamText(child.stderr)]);
  return { status: (await closed)[0], out, err };
}

async function streamText(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? '' : text(stream);
}

test('a command that works exits with 0', async () => {
  expect(await run('version')).toEqual({
    status: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+/),
    err: '',
  });
});

test('wrong usage exits with 2 and says so on standard error', async () => {
  const { status, out, err } = await run('bulid');
  expect([status, out]).toEqual([2, '']);
  expect(err).toBe(
    'error[E_USAGE]: there is no command "bulid"\n = hint: did you mean slipway build?\n',
  );
});

test('a build that fails exits with 1, and the last line of the JSON log is the error', async () => {
  const child = start('build', '--progress=json', '-f', '-');
  child.stdin.end('FROM scratch\nCOPPY a b\n');
  const closed = once(child, 'close') as Promise<[number]>;
  const lines = (await streamText(child.stdout)).trim().split('\n');
  expect((await closed)[0]).toBe(1);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    event: 'error',
    code: 'E_UNKNOWN_INSTRUCTION',
    file: '<stdin>',
    line: 2,
    column: 1,
  });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  '%s ends a build that waits for its input, with exit status %i',
  async (signal, status) => {
    const child = start('build', '-');
    child.stdin.write('FROM');
    // The store is opened only when the input is there: nothing tells that the build is waiting.
    await new Promise((resolve) => setTimeout(resolve, 700));
    const closed = once(child, 'close') as Promise<[number]>;
    child.kill(signal);
    expect(await streamText(child.stderr)).toContain(`slipway: stopped by ${signal}\n`);
    expect((await closed)[0]).toBe(status);
  },
);

test('a reader that goes away ends the program without a word', async () => {
  const child = start('build', '--progress=json', '-f', '-');
  child.stdout?.destroy();
  child.stdin.end('FROM scratch\nCOPPY a b\n');
  const closed = once(child, 'close') as Promise<[number]>;
  expect(await streamText(child.stderr)).toBe('');
  expect((await closed)[0]).toBe(141);
});
