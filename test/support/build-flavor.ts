// Builds the runner in another way than the one that is shipped, for a project that tests it so
// (vitest.config.ts). Without musl there is none, which the tests say.

import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { hasProgram } from './requires.ts';
import { NATIVE } from './runner.ts';

export default function setup({ config }: TestProject): void {
  const flavor = config.env['SLIPWAY_TEST_RUNNER'] as string;
  if (flavor === 'musl' && !hasProgram('musl-gcc')) return;
  execFileSync('make', ['-s', '-j2', '-C', NATIVE, flavor], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
