// The runner out of its package: what npm would install, laid out without a registry.

import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requires } from '../support/requires.ts';
import { RUNNER } from '../support/runner.ts';
import { programEnv } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const ROOT = join(import.meta.dirname, '../..');
const PACKAGE = `@slipway/runner-linux-${process.arch}`;
let project = '';
let staged = '';

/** `npm pack` of a folder, unpacked to where npm would install it. */
function install(from: string, name: string): void {
  const to = join(project, 'node_modules', name);
  const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', project], {
    cwd: from,
    encoding: 'utf8',
  });
  expect(packed.status, packed.stderr).toBe(0);
  mkdirSync(to, { recursive: true });
  const tarball = join(project, packed.stdout.trim());
  spawnSync('tar', ['-xzf', tarball, '-C', to, '--strip-components=1']);
}

afterAll(() => rmSync(project, { recursive: true, force: true }));

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'slipway-prebuilt-'));
  staged = join(project, 'staged');
  const args = ['scripts/stage-packages.mjs', staged, process.arch];
  const made = spawnSync('node', args, { cwd: ROOT, encoding: 'utf8' });
  expect(made.status, made.stderr).toBe(0);
  install(join(staged, 'slipway'), 'slipway');
  install(join(staged, `runner-linux-${process.arch}`), PACKAGE);
  // What slipway depends on is as it is in this repository.
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || name === 'slipway' || name === '@slipway') continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
  }
});

function doctor(more: NodeJS.ProcessEnv = {}): string {
  const program = join(project, 'node_modules/slipway/dist/slipway.cjs');
  const env = programEnv(tmpDir(), more);
  const done = spawnSync('node', [program, 'doctor'], { env, encoding: 'utf8' });
  return done.stdout + done.stderr;
}

test('slipway finds the runner in its package, and nothing was built or downloaded', (context) => {
  requires(context, process.getuid?.() === 0, 'root');
  expect(readdirSync(join(project, 'node_modules/slipway/runner-native'))).not.toContain('build');
  expect(doctor()).toMatch(/isolation.*root/);
});

test('without the package the error says what usually keeps it away, and how to build one', () => {
  const folder = join(project, 'node_modules', PACKAGE);
  renameSync(folder, `${folder}-away`);
  try {
    const said = doctor();
    expect(said).toContain('the runner that isolates RUN steps is not there');
    expect(said).toContain('install without --omit=optional');
    expect(said).toContain('make -C ');
  } finally {
    renameSync(`${folder}-away`, folder);
  }
});

test('SLIPWAY_RUNNER_PATH comes first', () => {
  expect(doctor({ SLIPWAY_RUNNER_PATH: '/nowhere/runner' })).toContain(
    'there is no runner at /nowhere/runner',
  );
  expect(doctor({ SLIPWAY_RUNNER_PATH: RUNNER })).toMatch(/ok +isolation/);
});

test('the packages are for one processor each, and have no script of installation', () => {
  const own = JSON.parse(readFileSync(join(staged, 'slipway/package.json'), 'utf8'));
  const runner = JSON.parse(
    readFileSync(join(project, 'node_modules', PACKAGE, 'package.json'), 'utf8'),
  );
  expect(own.optionalDependencies).toEqual({ [PACKAGE]: own.version });
  expect(own.scripts).toBeUndefined();
  expect(runner).toMatchObject({ os: ['linux'], cpu: [process.arch], version: own.version });
  expect(runner.scripts).toBeUndefined();
  expect(readdirSync(join(project, 'node_modules', PACKAGE)).sort()).toEqual([
    'package.json',
    'slipway-runner',
  ]);
});
