// The runner for arm64, compiled here and run by an emulator of user mode. That has neither namespaces nor seccomp to give:
// RUN steps are not tried, but what reads words, folders and streams is.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { BLOCK_END, bytesPart, END, target } from '../support/pack-parts.ts';
import { PINNED_GZIP, pinnedSample } from '../support/pinned-gzip.ts';
import { requires, requiresPrograms } from '../support/requires.ts';
import { callRunner, NATIVE, RUNNER } from '../support/runner.ts';
import { tmpDir } from '../support/tmp.ts';

const BUILD = join(NATIVE, 'build/arm64');
const COMPILER = 'aarch64-linux-gnu-gcc';
const EMULATOR = 'qemu-aarch64-static';
let folder = '';
let binary = '';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  if (spawnSync(COMPILER, ['--version']).status !== 0) return;
  const target = ['BUILD=build/arm64', 'build/arm64/slipway-runner'];
  const made = spawnSync('make', [...['-s', '-j2', '-C', NATIVE, `CC=${COMPILER}`], ...target]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  folder = mkdtempSync(join(tmpdir(), 'slipway-arm64-'));
  binary = join(folder, 'runner');
  const emulated = `exec ${EMULATOR} ${join(BUILD, 'slipway-runner')} "$@"`;
  writeFileSync(binary, `#!/bin/sh\n${emulated}\n`, { mode: 0o755 });
}, 120_000);

function needs(context: TestContext): void {
  requiresPrograms(context, COMPILER, EMULATOR);
  requires(context, process.getuid?.() === 0, 'root');
}

test('it is a static program of that processor and says its protocol', (context) => {
  needs(context);
  const header = readFileSync(join(BUILD, 'slipway-runner')).subarray(0, 20);
  expect(header.readUInt16LE(18)).toBe(183);
  const said = spawnSync(binary, ['version'], { encoding: 'utf8' });
  expect(said.stdout).toBe('slipway-runner 2 aarch64\n');
});

test('words of another version, and words that it does not know, are refused', async (context) => {
  needs(context);
  const old = await callRunner({
    verb: 'dump',
    words: ['slipway-runner/1', 'end'],
    framed: false,
    binary,
  });
  expect(old.event('error')).toMatchObject({ code: 'E_RUNNER_VERSION' });
  const odd = await callRunner({ verb: 'dump', words: ['odd'], binary });
  expect(odd.event('error')).toMatchObject({ code: 'E_RUNNER_WORDS' });
});

test('a folder comes back from dump as the runner of this processor has it', async (context) => {
  needs(context);
  const [from, to] = [tmpDir(), tmpDir()];
  mkdirSync(join(from, 'a/b'), { recursive: true });
  writeFileSync(join(from, 'a/b/file'), 'x'.repeat(100_000), { mode: 0o4755 });
  symlinkSync('../b/file', join(from, 'a/link'));
  const dump = (dir: string, program: string) =>
    callRunner({ verb: 'dump', words: ['dir', dir, 'all'], binary: program });
  const emulated = await dump(from, binary);
  expect(emulated.event('done')).toMatchObject({ bytes: 100_000 });
  expect(emulated.stdout).toEqual((await dump(from, RUNNER)).stdout);
  const words = ['dir', to];
  const extracted = await callRunner({ verb: 'extract', words, stdin: emulated.stdout, binary });
  expect(extracted.event('done')).toMatchObject({ entries: emulated.event('done')?.entries });
  expect((await dump(to, RUNNER)).stdout).toEqual(emulated.stdout);
});

test('it packs a layer to the bytes that every processor makes of it', async (context) => {
  needs(context);
  const path = join(tmpDir(), 'layer');
  writeFileSync(path, '');
  for (const [level, digest] of Object.entries(PINNED_GZIP)) {
    const parts = [target(path, ['gzip', level]), bytesPart(pinnedSample()), BLOCK_END, END];
    const packed = await callRunner({
      verb: 'pack',
      words: [],
      stdin: Buffer.concat(parts),
      binary,
    });
    expect([level, packed.event('done')?.['digest']]).toEqual([level, digest]);
  }
}, 60_000);

test('a probe says in words what the emulator does not give', async (context) => {
  needs(context);
  const result = await callRunner({ verb: 'probe', words: ['dir', tmpDir()], binary });
  const report = JSON.parse(result.stdout.toString()) as Record<string, { ok?: boolean }>;
  expect(report['arch']).toBe('aarch64');
  expect(report['overlay']?.ok ?? report['mountns']?.ok).toBeTypeOf('boolean');
});
