// What a test needs from the machine. A test that lacks it is skipped with the reason; under
// MUST_RUN=1 (CI) the lack is a failure instead, so that a skip can never hide there.

import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';

/** Skips the current test, saying why, unless `met`; fails it where MUST_RUN=1. */
export function requires(context: TestContext, met: boolean, what: string): void {
  if (met) return;
  if (process.env['MUST_RUN'] === '1')
    throw new Error(`MUST_RUN=1, and this machine lacks ${what}`);
  context.skip(`this machine lacks ${what}`);
}

/** True where `program` can be started from PATH. */
export function hasProgram(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v "$1"`, 'sh', program]).status === 0;
}

/** Skips (or, under MUST_RUN=1, fails) unless every program is on PATH. */
export function requiresPrograms(context: TestContext, ...programs: string[]): void {
  for (const program of programs) requires(context, hasProgram(program), `the program ${program}`);
}
