// Pid 1 takes the listener of the filter out of the command's process, which must not have become another user by then:
// nobody may look into it after that. A delay of pid 1, which strace puts before its call, decides who comes first.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useBench } from '../support/bench.ts';
import { observedOf } from '../support/observed.ts';
import { requiresPrograms } from '../support/requires.ts';
import { callRunner } from '../support/runner.ts';

const bench = useBench('root');

const SLOWLY = '-f -qq -o /dev/null -e trace=pidfd_getfd -e inject=pidfd_getfd:delay_enter=400000';

test('the command becomes another user only when pid 1 has the listener, however late', async (context) => {
  bench.need(context);
  requiresPrograms(context, 'strace');
  const binary = join(bench.folder(), 'slow');
  writeFileSync(binary, `#!/bin/sh\nexec strace ${SLOWLY} ${bench.binary} "$@"\n`, { mode: 0o755 });
  const { words } = bench.prepare({ args: ['/probe', 'ids'], words: ['observe', 'user', '7:8'] });
  const result = await callRunner({ verb: 'run', words, binary });
  expect(result.event('error')).toBe(undefined);
  expect(result.stdout.toString()).toBe('7,7,7,7 8,8,8,8 8\n');
  expect(observedOf(result)).toMatchObject({ complete: true, reason: null });
});
