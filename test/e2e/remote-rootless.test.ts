// A commit as a base and as a mount, by an ordinary user: its checkout becomes a layer's folder, and must be as
// good as one that the runner has made.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { testRepository } from '../support/git.ts';
import { ordinaryUser } from '../support/ordinary-user.ts';
import { requires, requiresPrograms } from '../support/requires.ts';
import { BUSYBOX, busyboxContext, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const EPOCH = { SOURCE_DATE_EPOCH: '1700000000' };

test('a fetched commit is the same layer for an ordinary user as for root', (context) => {
  requiresPrograms(context, 'git');
  const dockerfile = `${BUSYBOX.replace('FROM scratch', 'FROM g')}\
RUN --mount=from=g,source=d,target=/m cat /m/x > /copy && rm /d/x && chown 3:4 /program
`;
  const files = busyboxContext(context, { Dockerfile: dockerfile });
  const repository = testRepository();
  repository.commit({ 'd/x': '1', program: '+x #!/bin/sh\n' });
  cpSync(repository.path, join(files, 'repository'), { recursive: true });
  const user = ordinaryUser();
  requires(context, user !== undefined, 'ordinary users with sub-ids');
  if (user === undefined) return;
  onTestFinished(() => user.remove());
  const { folder, home } = user.adopt(files);
  const args = (of: string): string[] => [
    ...['build', '--build-context', `g=file://${of}/repository?mtime=commit`, of],
  ];
  const byUser = user.slipway(home, [...args(folder), '-q'], EPOCH);
  expect(byUser.stderr).toBe('');
  const byRoot = slipway(tmpDir(), [...args(files), '-q'], EPOCH);
  expect(byUser).toEqual(byRoot);
  const again = user.slipway(home, [...args(folder), '--progress=json'], EPOCH);
  expect(steps(again).map(({ status }) => status)).not.toContain('ran');
});
