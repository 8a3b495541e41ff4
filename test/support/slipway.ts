// The built program, run as a person would, with a store of its own; and the smallest base there is:
// the machine's static busybox in a context of its own.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { requires, requiresPrograms } from './requires.ts';
import { tmpDir } from './tmp.ts';

export const PROGRAM = fileURLToPath(new URL('../../dist/slipway.cjs', import.meta.url));

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A step's end, as --progress=json prints it. */
export interface StepLine {
  readonly event: 'step';
  readonly step: string;
  readonly status: string;
  readonly reason: string;
}

/** Environment of the program in a test: its own store, none of the caller's certificates. */
export function programEnv(home: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  return { ...env, SLIPWAY_HOME: home, NO_COLOR: '1', ...more };
}

/** Runs `slipway` to its end. */
export function slipway(
  home: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Finished {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    env: programEnv(home, more),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr };
}

/** Starts `slipway`. */
export function startSlipway(
  home: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args], {
    env: programEnv(home, more),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Resolves with the exit status when the process has ended. */
export function ended(child: ChildProcess): Promise<number | null> {
  child.stdout?.resume();
  child.stderr?.resume();
  return new Promise((resolve) => child.once('close', (status) => resolve(status)));
}

/** The ends of steps in the output of `--progress=json`. */
export function steps({ stdout }: Finished): StepLine[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as StepLine)
    .filter(({ event }) => event === 'step');
}

/** Makes a context of these files and returns its folder. */
export function contextOf(files: Readonly<Record<string, string>>): string {
  const root = tmpDir();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** The first lines of a Dockerfile whose stage has busybox as its shell and tools. */
export const BUSYBOX = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
`;

/** A context with the machine's static busybox in it. Skips where there is none, or no root to isolate steps. */
export function busyboxContext(
  context: TestContext,
  files: Readonly<Record<string, string>>,
): string {
  requiresPrograms(context, 'busybox');
  requires(context, process.getuid?.() === 0, 'root');
  const root = contextOf(files);
  const found = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim();
  copyFileSync(found, join(root, 'busybox'));
  return root;
}
