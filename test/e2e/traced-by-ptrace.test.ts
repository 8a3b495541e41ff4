// Builds where a container has a listener of its own: steps are traced (ptrace) to see what they read, and that is said.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SYSINFO, withRival } from '../support/rival.ts';
import { BUSYBOX, busyboxContext, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

test('a step is reused by what it read; doctor and the log say how that was seen, once', (context) => {
  const Dockerfile = `${BUSYBOX}COPY note /note\nRUN echo 1 > /one\nRUN cat /one > /two\n`;
  const folder = busyboxContext(context, { Dockerfile, note: 'one' });
  const home = tmpDir();
  const variables = { SLIPWAY_RUNNER_PATH: withRival(tmpDir(), SYSINFO) };
  const run = (...args: string[]) => slipway(home, args, variables);
  expect(run('doctor').stdout).toMatch(/^ok +observation: ptrace \(.*EBUSY\)$/m);
  const first = run('build', '--progress=json', folder);
  expect(first.stdout.match(/"subject":"observation","chosen":"ptrace"/g)).toHaveLength(1);
  writeFileSync(join(folder, 'note'), 'two');
  const again = run('build', '--progress=json', folder);
  expect(steps(again).map(({ status }) => status)).toEqual([
    ...['exact', 'exact', 'exact', 'ran', 'traced', 'traced'],
  ]);
});
