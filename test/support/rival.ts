// A runner in a container that has a listener of its own, so that a step gets none: as LXC, or slipway in slipway.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NATIVE, PROBE, RUNNER } from './runner.ts';

/** Numbers of calls: one by which a path is named, and one by which none is. */
export const [MKDIRAT, SYSINFO] = process.arch === 'arm64' ? [34, 179] : [258, 99];

/** Writes the program `folder`/runner: `runner`, whose calls of that number are shown to a listener first. */
export function withRival(folder: string, call: number, runner = RUNNER): string {
  spawnSync('make', ['-s', '-C', NATIVE, 'probe']);
  const binary = join(folder, 'runner');
  const line = `exec ${PROBE} rival ${call} ${runner} "$@"`;
  writeFileSync(binary, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return binary;
}
