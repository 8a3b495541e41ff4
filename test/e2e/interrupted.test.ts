// A signal without SA_RESTART makes a look-up fail that would not have failed unobserved: what becomes of the step.

import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import type { StepEnded } from '../../core/events.ts';
import { NATIVE, PROBE } from '../support/runner.ts';
import { BUSYBOX, busyboxContext, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const AGAIN = 'it failed while signals interrupted it; run again, unobserved';

interface Built {
  readonly log: string;
  readonly status: number | null;
  readonly step: StepEnded | undefined;
}

/** Builds with a RUN of the probe's verb `disturbed`, again and again. */
function project(context: TestContext, words: string) {
  const Dockerfile = `${BUSYBOX}COPY probe /\nCOPY README /\nRUN /probe all ${words}\n`;
  const folder = busyboxContext(context, { Dockerfile, README: 'one' });
  spawnSync('make', ['-s', '-C', NATIVE, 'probe']);
  copyFileSync(PROBE, join(folder, 'probe'));
  const home = tmpDir();
  return {
    edit: (text: string) => writeFileSync(join(folder, 'README'), text),
    build(): Built {
      const args = ['build', '--progress=json', '-o', 'type=tar,dest=/dev/null', folder];
      const built = slipway(home, args);
      const step = steps(built).at(-1) as unknown as StepEnded | undefined;
      return { log: built.stdout, status: built.status, step };
    },
  };
}

test('a step that failed is run again unobserved, and is observed no more', (context) => {
  const { build, edit } = project(context, 'disturbed /probe 30000 strict');
  const first = build();
  expect([first.status, first.step?.status]).toEqual([0, 'ran']);
  expect(first.log).toContain(AGAIN);
  expect(first.step?.observed?.incomplete).toContain('was run again unobserved');
  expect(build().step?.status).toBe('exact');
  edit('two');
  const next = build();
  expect([next.status, next.step?.status]).toEqual([0, 'ran']);
  expect(next.log).not.toContain(AGAIN);
  expect(next.step?.reason).toContain('was run again unobserved');
});

test('a step that fails without it fails, once', (context) => {
  const { build } = project(context, 'disturbed /probe 30000 , exit 3');
  const { status, log } = build();
  expect(status).not.toBe(0);
  expect(log.split(AGAIN)).toHaveLength(2);
  expect(log).toContain('exit code: 3');
});

test('a step that succeeded all the same is reused for the same input only', (context) => {
  const { build, edit } = project(context, 'disturbed /probe 30000');
  const first = build();
  expect(first.log).not.toContain(AGAIN);
  expect(first.step?.observed).toMatchObject({
    incomplete: 'signals interrupted calls that were being seen',
  });
  expect(build().step?.status).toBe('exact');
  edit('two');
  expect(build().step).toMatchObject({ status: 'ran' });
});
