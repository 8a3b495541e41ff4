// The built slipway of this checkout, started as a user starts it.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Stop } from './say.mjs';

/** The checkout's folder, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The program itself; `npm ci` builds it. */
export const PROGRAM = `${ROOT}/dist/slipway.cjs`;

/** Stops where the program has not been built. */
export function needSlipway() {
  if (!existsSync(PROGRAM)) throw new Stop('slipway is not built here', 'run: npm ci');
}

/**
 * Runs slipway and returns { status, stdout, stderr, ms }. With `show`, what it prints goes to
 * this terminal as it comes, and stdout and stderr are empty.
 */
export function slipway(args, { show = false, env = process.env } = {}) {
  const start = performance.now();
  const done = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env,
    stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
  });
  const { status, stdout, stderr } = done;
  return { status, stdout: stdout ?? '', stderr: stderr ?? '', ms: performance.now() - start };
}

/** Whether the local store has an image under `name`. */
export function storeHas(name) {
  return slipway(['inspect', name]).status === 0;
}
