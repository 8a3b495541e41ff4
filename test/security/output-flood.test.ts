// A step that prints without end: what slipway keeps of it is bounded, whether it has line ends or not.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildOnHostile, needsSteps } from '../support/hostile.ts';
import { contextOf, PROGRAM, programEnv } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

/** Runs a build whose output is thrown away, and returns its exit status and the most memory that it took, in MiB. */
async function peakOf(
  home: string,
  dockerfile: string,
  progress: string,
): Promise<[number | null, number]> {
  const folder = contextOf({ Dockerfile: dockerfile });
  const args = [PROGRAM, 'build', `--progress=${progress}`, folder];
  const child = spawn(process.execPath, args, { env: programEnv(home), stdio: 'ignore' });
  let peak = 0;
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended: VmHWM only grows, so the last look is what counts.
    }
  }, 50);
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(look);
  return [status, peak / 1024];
}

test.for([
  ['20 MB of lines', 'yes $(seq 30) | head -c 20000000', 'plain'],
  ['one line of 200 MB', 'head -c 200000000 /dev/zero', 'plain'],
  ['one line of 200 MB, as JSON', 'head -c 200000000 /dev/zero | tr "\\\\0" x >&2', 'json'],
] as const)('%s', async ([, command, progress], context) => {
  needsSteps(context);
  const home = tmpDir();
  buildOnHostile({ home, dockerfile: 'RUN true\n' });
  const [status, peak] = await peakOf(home, `FROM base:1\nRUN ${command}\n`, progress);
  expect(status).toBe(0);
  expect(peak).toBeGreaterThan(20);
  expect(peak).toBeLessThan(300);
});
