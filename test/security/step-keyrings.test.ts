// Keys of whoever runs the build are in session keyrings, which a process inherits.

import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { useBench } from '../support/bench.ts';
import { PROBE } from '../support/runner.ts';

const bench = useBench('root');
const SESSION = [process.arch === 'x64' ? '250' : '219', '0', '-3', '0'];

test('a step without a filter of system calls has a session keyring of its own', async (context) => {
  bench.need(context);
  const args = ['/probe', 'syscall', ...SESSION];
  const inside = await bench.output({ args, words: ['seccomp', 'none'] });
  const outside = spawnSync(PROBE, ['syscall', ...SESSION], { encoding: 'utf8' }).stdout;
  expect(inside).toMatch(/^\d+\n$/);
  expect(inside).not.toBe(outside);
});
