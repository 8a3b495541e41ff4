// `slipway build` as a whole, for Dockerfiles without RUN: these need no privileges.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dispatch } from '../../cli/dispatch.ts';
import { reportError } from '../../cli/error-report.ts';
import { tmpDir } from '../support/tmp.ts';
import { type FakeHost, fakeHost } from './host.ts';
import { makeTar } from './make-tar.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;

function hostWith(dockerfile: string, stdinText: string | Buffer = ''): FakeHost {
  const cwd = tmpDir();
  mkdirSync(join(cwd, 'ctx'));
  writeFileSync(join(cwd, 'ctx/Dockerfile'), dockerfile);
  writeFileSync(join(cwd, 'ctx/file'), 'hello');
  return fakeHost({ cwd, stdinText, env: { SLIPWAY_HOME: join(cwd, 'store') } });
}

async function build(host: FakeHost, ...words: string[]) {
  const report = await dispatch(['build', ...words], host).then(
    (status) => ({ exit: status, text: '' }),
    reportError,
  );
  return { ...report, out: host.out(), err: host.err() };
}

test('a build leaves an image, its digest and its metadata, and says nothing on standard output', async () => {
  const host = hostWith('FROM scratch\nCOPY file /f\n');
  const words = ['-t', 'app', '--iidfile', 'id', '--metadata-file', 'meta', 'ctx'];
  const { exit, out, err } = await build(host, ...words);
  expect([exit, out]).toEqual([0, '']);
  expect(err).toMatch(/^#0 building ctx\/Dockerfile\n\n#1 /);
  expect(err).toMatch(/\n#2 \[1\/1\] COPY file \/f\n#2 why: .*\n#2 DONE \d+\.\ds\n/);
  const digest = readFileSync(join(host.cwd, 'id'), 'utf8');
  expect(digest).toMatch(DIGEST);
  expect(JSON.parse(readFileSync(join(host.cwd, 'meta'), 'utf8'))).toMatchObject({
    'containerimage.digest': digest,
    'image.name': 'docker.io/library/app:latest',
  });
});

test('--quiet prints the digest alone, the same from a folder and from a tar', async () => {
  const dockerfile = 'FROM scratch\nENV A=1\nCOPY Dockerfile /\n';
  const mtime = new Date(0);
  const tar = await makeTar([{ name: 'Dockerfile', content: dockerfile, mode: 0o644, mtime }]);
  const folder = hostWith(dockerfile);
  const fromFolder = await build(folder, '-q', '--build-arg', 'SOURCE_DATE_EPOCH=0', 'ctx');
  expect([fromFolder.exit, fromFolder.err]).toEqual([0, '']);
  expect(fromFolder.out.trimEnd()).toMatch(DIGEST);
  const fromTar = await build(hostWith('', tar), '-q', '--build-arg', 'SOURCE_DATE_EPOCH=0', '-');
  expect(fromTar).toEqual(fromFolder);
});

test('--progress=json prints objects, each end of a step with its status, reason and time', async () => {
  const { exit, out, err } = await build(
    hostWith('FROM scratch\nCOPY file /f\n'),
    '--progress=json',
    'ctx',
  );
  expect([exit, err]).toEqual([0, '']);
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(events).toContainEqual({
    event: 'step',
    id: expect.any(Number),
    step: '[1/1] COPY file /f',
    status: 'ran',
    reason: expect.any(String),
    cause: { kind: 'new' },
    key: expect.stringMatching(/^sha256:/),
    origins: [],
    ms: expect.any(Number),
  });
  expect(events.at(-1)).toMatchObject({ event: 'done', ok: true });
});

test('an archive on standard output is alone there', async () => {
  const host = hostWith('FROM scratch\nCOPY file /f\n');
  const chunks: Buffer[] = [];
  host.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { exit, err } = await build(host, '-o', 'type=tar', '--progress=json', 'ctx');
  expect(exit).toBe(0);
  expect(Buffer.concat(chunks).toString('latin1', 257, 262)).toBe('ustar');
  expect(err.startsWith('{"event":"build",')).toBe(true);
});

test('a build that fails tells where, leaves the error in the metadata, and no id of an earlier build', async () => {
  const host = hostWith('FROM scratch\nCOPY missing /f\n');
  writeFileSync(join(host.cwd, 'id'), 'old');
  const words = ['--iidfile', 'id', '--metadata-file', 'meta', '-o', 'out', 'ctx'];
  const { exit, text } = await build(host, ...words);
  expect(exit).toBe(1);
  expect(text).toMatch(/^error\[E_COPY_SOURCE\]: /);
  expect(text).toContain(' --> ctx/Dockerfile:2:');
  expect(text).toContain('\n2 | COPY missing /f\n');
  expect(existsSync(join(host.cwd, 'id'))).toBe(false);
  expect(existsSync(join(host.cwd, 'out'))).toBe(false);
  expect(JSON.parse(readFileSync(join(host.cwd, 'meta'), 'utf8'))).toMatchObject({
    'slipway.error': { code: 'E_COPY_SOURCE', file: 'ctx/Dockerfile', line: 2 },
  });
});

test('a build that is stopped before it begins makes nothing', async () => {
  const controller = new AbortController();
  controller.abort();
  const host = { ...hostWith('FROM scratch\nCOPY file /f\n'), signal: controller.signal };
  const { exit, text } = await build(host, '-o', 'out', 'ctx');
  expect(exit).toBe(130);
  expect(text).toMatch(/^error\[E_CANCELLED\]: /);
  expect(readdirSync(host.cwd)).not.toContain('out');
});
