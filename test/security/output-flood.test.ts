// A step that prints without end: what slipway keeps of it is bounded, whether it has line ends or not and however
// slow its reader is; and no end of the log is lost.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildOnHostile, needsSteps } from '../support/hostile.ts';
import { contextOf, PROGRAM, programEnv } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

interface Flooded {
  readonly status: number | null;
  /** The most memory that it took, in MiB. */
  readonly peak: number;
  /** The last of what it wrote. */
  readonly end: string;
}

/** Runs a build whose log goes to a pipe that nobody reads for a second. */
async function flood(home: string, dockerfile: string, progress: string): Promise<Flooded> {
  const folder = contextOf({ Dockerfile: dockerfile });
  const args = [PROGRAM, 'build', `--progress=${progress}`, folder];
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  const child = spawn(process.execPath, args, { env: programEnv(home), stdio: [...stdio] });
  const log = progress === 'json' ? child.stdout : child.stderr;
  let end = '';
  let peak = 0;
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended: VmHWM only grows, so the last look is what counts.
    }
  }, 50);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  log?.on('data', (chunk: Buffer) => {
    end = (end + chunk.subarray(-500).toString('latin1')).slice(-500);
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(look);
  return { status, peak: peak / 1024, end };
}

test.for([
  ['20 MB of lines', 'yes $(seq 30) | head -c 20000000', 'plain'],
  ['one line of 200 MB', 'head -c 200000000 /dev/zero | tr "\\0" x', 'plain'],
  ['one line of 200 MB, as JSON', 'head -c 200000000 /dev/zero | tr "\\0" x >&2', 'json'],
  ['a disk', 'head -c 50000000 /dev/zero', 'plain'],
] as const)('%s', async ([, command, progress], context) => {
  needsSteps(context);
  const home = tmpDir();
  buildOnHostile({ home, dockerfile: 'RUN true\n' });
  const { status, peak, end } = await flood(home, `FROM base:1\nRUN ${command}\n`, progress);
  expect(status).toBe(0);
  expect(end).toMatch(/^#0 finished after|"event":"done","ok":true/m);
  expect(peak).toBeGreaterThan(20);
  expect(peak).toBeLessThan(300);
});
