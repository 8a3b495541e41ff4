// An ordinary user who is made for the tests of one file, with sub-ids, a home, and a copy of the program
// where that user can read it (the checkout may be closed to others).

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RUNNER } from './runner.ts';
import { type Finished, PROGRAM, programEnv } from './slipway.ts';
import { type Answer, onTerminal, type Session } from './terminal.ts';

export interface OrdinaryUser {
  readonly uid: number;
  /** Moves a folder to where the user owns it; `home` is for a store of its own. */
  adopt(path: string): { readonly folder: string; readonly home: string };
  /** Runs `slipway` as the user to its end. */
  slipway(home: string, args: readonly string[], more?: NodeJS.ProcessEnv): Finished;
  /** Runs `slipway` as the user on a terminal of theirs. */
  onTerminal(home: string, args: readonly string[], answers: readonly Answer[]): Promise<Session>;
  /** Starts `slipway` as the user. */
  start(home: string, args: readonly string[]): ChildProcess;
  /** Takes the sub-ids away. */
  removeSubIds(): void;
  /** Removes the user and everything of theirs. */
  remove(): void;
}

/** What the bundle leaves outside. */
const UNBUNDLED = 'lmdb';

/** Makes the user, or returns undefined where this machine lets no user be made. */
export function ordinaryUser(): OrdinaryUser | undefined {
  const name = `slipway-t${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'slipway-user-'));
  const made = spawnSync('useradd', ['--no-create-home', '--home-dir', folder, name]);
  if (
    made.status !== 0 ||
    !new RegExp(`^${name}:`, 'm').test(readFileSync('/etc/subuid', 'utf8'))
  ) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const id = (flag: string) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
  const [uid, gid] = [id('-u'), id('-g')];
  const program = installProgram(join(folder, 'program'));
  spawnSync('chown', ['-R', `${uid}:${gid}`, folder]);
  chmodSync(folder, 0o700);
  const as = (home: string, more: NodeJS.ProcessEnv) => ({
    uid,
    gid,
    cwd: folder,
    env: programEnv(home, { HOME: folder, USER: name, LOGNAME: name, ...more }),
  });
  return {
    uid,
    adopt(path) {
      const own = mkdtempSync(join(folder, 'test-'));
      cpSync(path, join(own, 'context'), { recursive: true, preserveTimestamps: true });
      spawnSync('chown', ['-R', `${uid}:${gid}`, own]);
      return { folder: join(own, 'context'), home: join(own, 'store') };
    },
    slipway(home, args, more = {}) {
      const options = { ...as(home, more), encoding: 'utf8', maxBuffer: 1 << 26 } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
      return { status, stdout, stderr };
    },
    onTerminal: (home, args, answers) =>
      onTerminal([process.execPath, program, ...args], answers, as(home, {})),
    start: (home, args) =>
      spawn(process.execPath, [program, ...args], {
        ...as(home, {}),
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    removeSubIds() {
      const ids = ['--del-subuids', '1-4294967294', '--del-subgids', '1-4294967294'];
      spawnSync('usermod', [...ids, name]);
    },
    remove() {
      spawnSync('userdel', ['-f', name]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Copies the built program into `folder` and returns the path of its entry. */
function installProgram(folder: string): string {
  const checkout = join(dirname(PROGRAM), '..');
  const build = join(folder, 'runner-native/build');
  mkdirSync(build, { recursive: true });
  cpSync(dirname(PROGRAM), join(folder, 'dist'), { recursive: true });
  cpSync(RUNNER, join(build, 'slipway-runner'));
  copyPackage(UNBUNDLED, join(checkout, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'dist/slipway.cjs');
}

/** Copies a package and all that it depends on, as far as it is installed. */
function copyPackage(name: string, from: string, to: string): void {
  if (existsSync(join(to, name)) || !existsSync(join(from, name))) return;
  cpSync(join(from, name), join(to, name), { recursive: true });
  const text = readFileSync(join(from, name, 'package.json'), 'utf8');
  const { dependencies, optionalDependencies } = JSON.parse(text) as Record<string, object>;
  for (const other of Object.keys({ ...dependencies, ...optionalDependencies }))
    copyPackage(other, from, to);
}
