// A place to run steps of the runner on one rung of isolation: a folder that the rung's user owns, the
// binary where that user can reach it, and steps whose whole root file system is the probe program.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, type TestContext } from 'vitest';
import { hasProgram, requires } from './requires.ts';
import {
  callRunner,
  NATIVE,
  PROBE,
  RUNNER,
  type RunnerResult,
  type RunningRunner,
  startRunner,
} from './runner.ts';

/** The rungs whose steps have namespaces and a stack of layers. */
export const RUNGS = ['root', 'rootless', 'single-id'] as const;
/** Every rung. On the last one the lower folder is the root itself. */
export const ALL_RUNGS = [...RUNGS, 'chroot'] as const;
export type RungName = (typeof ALL_RUNGS)[number];

export interface StepSpec {
  readonly args: readonly string[];
  /** Words besides the folders and the default mounts, in order. */
  readonly words?: readonly (string | Buffer)[];
  /** Fills the lower folder (which has probe, proc, sys, dev, etc and tmp already). */
  readonly fill?: (lower: string) => void;
  /** Without mount-proc, mount-sys and mount-dev. */
  readonly bare?: boolean;
  /** Layer folders to put over the one with the probe, topmost first. */
  readonly lowers?: readonly string[];
}

export interface Step {
  readonly dir: string;
  readonly lower: string;
  readonly upper: string;
  readonly words: readonly (string | Buffer)[];
}

export interface Bench {
  /** Skips the test unless the machine has this rung. */
  need(context: TestContext): void;
  readonly maps: readonly string[];
  readonly uid: number;
  /** The runner, where the rung's user can reach it. */
  readonly binary: string;
  /** A new folder that the rung's user owns. */
  folder(): string;
  /** Gives a folder and all in it to the rung's user. */
  own(path: string): void;
  prepare(spec: StepSpec): Step;
  run(spec: StepSpec): Promise<RunnerResult & Step>;
  start(spec: StepSpec): RunningRunner & Step;
  call(verb: string, words: readonly (string | Buffer)[], stdin?: Buffer): Promise<RunnerResult>;
  /** What the step printed, after checking that it ended with 0. */
  output(spec: StepSpec): Promise<string>;
}

/** Registers set-up and removal of a bench with the current describe block. */
export function useBench(rung: RungName): Bench {
  const state = { base: '', uid: 0, user: '', maps: [] as string[], missing: '' };
  beforeAll(() => {
    spawnSync('make', ['-s', '-C', NATIVE, 'probe']);
    state.missing = missingFor(rung);
    if (state.missing !== '') return;
    if (rung === 'chroot') state.maps = ['chroot'];
    else if (rung !== 'root') Object.assign(state, makeUser(rung));
    state.base = mkdtempSync(join(tmpdir(), 'slipway-native-'));
    chmodSync(state.base, 0o755);
    copyFileSync(RUNNER, join(state.base, 'runner'));
    copyFileSync(PROBE, join(state.base, 'probe'));
    chownSync(join(state.base, 'probe'), state.uid, state.uid);
    chownSync(state.base, state.uid, state.uid);
  });
  afterAll(() => {
    if (state.base !== '') rmSync(state.base, { recursive: true, force: true });
    if (state.user !== '') locked('userdel', ['-r', state.user]);
  });
  return makeBench(state);
}

interface BenchState {
  readonly base: string;
  readonly uid: number;
  readonly maps: readonly string[];
  readonly missing: string;
}

function makeBench(state: BenchState): Bench {
  const who = (): { uid?: number; gid?: number } =>
    state.uid === 0 ? {} : { uid: state.uid, gid: state.uid };
  const bench: Bench = {
    need: (context) => requires(context, state.missing === '', state.missing),
    get maps() {
      return state.maps;
    },
    get uid() {
      return state.uid;
    },
    get binary() {
      return join(state.base, 'runner');
    },
    folder() {
      const path = mkdtempSync(join(state.base, 'x-'));
      chmodSync(path, 0o755);
      chownSync(path, state.uid, state.uid);
      return path;
    },
    own(path) {
      if (state.uid !== 0) spawnSync('chown', ['-hR', `${state.uid}:${state.uid}`, path]);
    },
    prepare: (spec) => prepareStep(bench, state.base, spec),
    async run(spec) {
      const step = bench.prepare(spec);
      const result = await bench.call('run', step.words);
      return Object.assign({}, result, step);
    },
    start(spec) {
      const step = bench.prepare(spec);
      const words = [...state.maps, ...step.words];
      return { ...step, ...startRunner({ verb: 'run', words, binary: bench.binary, ...who() }) };
    },
    call(verb, words, stdin) {
      const all = [...state.maps, ...words];
      return callRunner({
        verb,
        words: all,
        binary: bench.binary,
        ...(stdin ? { stdin } : {}),
        ...who(),
      });
    },
    async output(spec) {
      const result = await bench.run(spec);
      if (result.event('exit')?.code !== 0)
        throw new Error(`the step failed: ${JSON.stringify(result.events)} ${result.stdout}`);
      return result.stdout.toString('utf8');
    },
  };
  return bench;
}

function prepareStep(bench: Bench, base: string, spec: StepSpec): Step {
  const dir = bench.folder();
  const [lower, upper] = [join(dir, 'lower'), join(dir, 'upper')];
  for (const name of ['lower', 'upper', 'work', 'root', 'scratch']) mkdirSync(join(dir, name));
  for (const name of ['proc', 'sys', 'dev', 'etc', 'tmp']) mkdirSync(join(lower, name));
  linkSync(join(base, 'probe'), join(lower, 'probe'));
  spec.fill?.(lower);
  bench.own(dir);
  const stacked = [
    ...['root', join(dir, 'root'), 'work', join(dir, 'work'), 'volatile'],
    ...(spec.lowers ?? []).flatMap((path) => ['lower', path]),
    ...['lower', lower],
  ];
  const words = [
    ...['upper', upper, 'scratch', join(dir, 'scratch')],
    ...(bench.maps[0] === 'chroot' ? ['root', lower] : stacked),
    ...(spec.bare ? [] : ['mount-proc', 'mount-sys', 'mount-dev']),
    ...(spec.words ?? []),
    ...spec.args.flatMap((arg) => ['arg', arg]),
  ];
  return { dir, lower, upper, words };
}

function missingFor(rung: RungName): string {
  if (!existsSync(RUNNER)) return `the runner ${RUNNER}`;
  if (process.getuid?.() !== 0) return 'root, to make the users that steps run as';
  if (rung === 'root' || rung === 'chroot') return '';
  const programs = ['useradd', 'userdel', 'usermod', 'flock', 'newuidmap', 'newgidmap'];
  const absent = programs.find((program) => !hasProgram(program));
  return absent === undefined ? '' : `the program ${absent}`;
}

/** useradd and userdel give up at once where another holds the password files. */
function locked(program: string, args: readonly string[]): void {
  const lock = join(tmpdir(), 'slipway-test-users.lock');
  const made = spawnSync('flock', [lock, program, ...args], { encoding: 'utf8' });
  if (made.status !== 0 && program !== 'userdel') throw new Error(`${program}: ${made.stderr}`);
}

let users = 0;

function makeUser(rung: 'rootless' | 'single-id'): { user: string; uid: number; maps: string[] } {
  const user = `slipway-t${process.pid}-${users++}`;
  locked('useradd', ['-m', user]);
  const uid = Number(spawnSync('id', ['-u', user], { encoding: 'utf8' }).stdout);
  if (rung === 'single-id') {
    const own = ['0', `${uid}`, '1'];
    return { user, uid, maps: ['uidmap', ...own, 'gidmap', ...own, 'single-id'] };
  }
  if (!subIds('/etc/subuid', user)) locked('usermod', ['--add-subuids', '700000-765535', user]);
  if (!subIds('/etc/subgid', user)) locked('usermod', ['--add-subgids', '700000-765535', user]);
  const maps = [
    ...['uidmap', '0', `${uid}`, '1', 'uidmap', '1', `${subIds('/etc/subuid', user)}`, '65536'],
    ...['gidmap', '0', `${uid}`, '1', 'gidmap', '1', `${subIds('/etc/subgid', user)}`, '65536'],
  ];
  return { user, uid, maps };
}

/** The first sub-id of a user, or undefined. */
function subIds(file: string, user: string): string | undefined {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.find((line) => line.startsWith(`${user}:`))?.split(':')[1];
}
