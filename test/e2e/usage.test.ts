// What a RUN used is told at its end, whether or not it failed, and kept in its record.

import { expect, test } from 'vitest';
import { BUSYBOX, busyboxContext, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const WORK =
  'RUN dd if=/dev/zero of=/file bs=1M count=20 2>/dev/null; dd if=/dev/zero of=/dev/null bs=30M count=20 2>/dev/null';

interface Used {
  readonly userMs: number;
  readonly systemMs: number;
  readonly peakMemory: number;
  readonly written: number;
}

function usages(stdout: string): (Used | undefined)[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"event":"step",'));
  return lines.map((line) => (JSON.parse(line) as { usage?: Used }).usage);
}

test.for([
  ['true', 0],
  ['exit 3', 1],
] as const)('of a command that ends with %s', ([end, status], context) => {
  const folder = busyboxContext(context, { Dockerfile: `${BUSYBOX}${WORK}; ${end}\n` });
  const home = tmpDir();
  const build = () => slipway(home, ['build', '--progress=json', folder]);
  const done = build();
  expect(done.status, done.stdout).toBe(status);
  const [base, copy, , used] = usages(done.stdout);
  expect([base, copy]).toEqual([undefined, undefined]);
  expect((used?.userMs ?? 0) + (used?.systemMs ?? 0)).toBeGreaterThan(20);
  expect(used?.peakMemory).toBeGreaterThan(30 << 20);
  expect(used?.peakMemory).toBeLessThan(60 << 20);
  expect(used?.written).toBeGreaterThanOrEqual(20 << 20);
  // Nothing is used by what is taken from the cache.
  if (status === 0) expect(usages(build().stdout).at(-1)).toBeUndefined();
});
