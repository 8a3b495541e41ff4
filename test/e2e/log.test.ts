// Whatever a step writes is in the build's log, and the error of a failed step says where that is.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requires, requiresPrograms } from '../support/requires.ts';
import { BUSYBOX, busyboxContext, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

test('the log is whole, is named by the error of the failed step, and has no secret that the step kept', (context) => {
  requires(context, process.getuid?.() === 0, 'root');
  requiresPrograms(context, 'busybox');
  const home = tmpDir();
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}RUN --mount=type=secret,id=token,env=TOKEN seq 1 30000 && test -n "$TOKEN" && exit 3\n`,
    token: 'not-in-any-log',
  });
  const { status, stderr } = slipway(home, [
    ...['build', '--progress=plain', '--secret', `id=token,src=${join(folder, 'token')}`, folder],
  ]);
  expect(status, stderr).toBe(1);
  const [name = ''] = readdirSync(join(home, 'logs'));
  const path = join(home, 'logs', name);
  expect(stderr).toContain(`hint: the whole log is in ${path}`);
  const lines = readFileSync(path, 'utf8').split('\n');
  const numbers = lines.flatMap((line) => /^#\d+ (\d+)$/.exec(line)?.[1] ?? []);
  expect(numbers).toHaveLength(30_000);
  expect(numbers.at(-1)).toBe('30000');
  expect(lines.join('\n')).not.toContain('not-in-any-log');
  expect(slipway(home, ['cache', 'du']).stdout).toMatch(/logs +1/);
});
