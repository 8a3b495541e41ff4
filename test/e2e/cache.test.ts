// What is run again and what is not, from the outside.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BUSYBOX, busyboxContext, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const BUILD = ['build', '--progress=json'];

function statuses(home: string, folder: string, ...args: string[]): string[] {
  const finished = slipway(home, [...BUILD, ...args, folder]);
  expect(finished.status, finished.stderr).toBe(0);
  return steps(finished).map(({ step, status }) => `${status} ${step.replace(/^.*?\] /, '')}`);
}

test('a rebuild with nothing changed runs nothing and gives the same image', (context) => {
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}COPY a /a\nRUN cat /a > /b\nCMD ["cat", "/b"]\n`,
    a: 'one',
  });
  const home = tmpDir();
  statuses(home, folder, '--iidfile', join(home, 'first'));
  expect(
    new Set(
      statuses(home, folder, '--iidfile', join(home, 'second')).map((line) => line.split(' ')[0]),
    ),
  ).toEqual(new Set(['exact']));
  const read = (name: string) => slipway(home, ['inspect', name]).status;
  expect(read('nothing')).toBe(1);
});

test('only the steps behind a changed file run again, and the reason names it', (context) => {
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}RUN echo early > /early\nCOPY a /a\nRUN cat /a > /b\n`,
    a: 'one',
  });
  const home = tmpDir();
  statuses(home, folder);
  writeFileSync(join(folder, 'a'), 'two');
  const again = steps(slipway(home, [...BUILD, folder]));
  expect(again.slice(-3).map(({ status, reason }) => [status, reason])).toEqual([
    ['exact', 'nothing that it depends on has changed'],
    ['ran', 'sources changed: a'],
    ['ran', expect.stringContaining('changed: /a changed')],
  ]);
});

test('early cutoff: a step that runs again and makes the same tree stops there', (context) => {
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}COPY a /a\nRUN wc -c < /a > /size; rm /a\nRUN cat /size > /last\n`,
    a: 'one',
  });
  const home = tmpDir();
  statuses(home, folder);
  writeFileSync(join(folder, 'a'), 'two');
  expect(statuses(home, folder).slice(-3)).toEqual([
    'ran COPY a /a',
    'ran RUN wc -c < /a > /size; rm /a',
    'exact RUN cat /size > /last',
  ]);
});

test('comments, labels, config and the order of ENV change no key', (context) => {
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}ENV A=1\nENV B=2\nRUN echo 1 > /a\n`,
  });
  const home = tmpDir();
  statuses(home, folder);
  writeFileSync(
    join(folder, 'Dockerfile'),
    `# a comment\n${BUSYBOX}ENV B=2 A=1\nLABEL a=b\nEXPOSE 80\nCMD ["x"]\nRUN echo 1 > /a\n`,
  );
  expect(statuses(home, folder).filter((line) => !line.startsWith('exact'))).toEqual([]);
});

test('the same step in two stages runs once', (context) => {
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX.replace('scratch', 'scratch AS base')}
FROM base AS one
RUN cat /proc/sys/kernel/random/uuid > /id
FROM base AS two
RUN cat /proc/sys/kernel/random/uuid > /id
FROM base
COPY --from=one /id /one
COPY --from=two /id /two
RUN cmp /one /two
`,
  });
  const ran = statuses(tmpDir(), folder).filter((line) => line.includes('uuid'));
  expect(ran.map((line) => line.split(' ')[0]).sort()).toEqual(['exact', 'ran']);
});

test('--no-cache runs everything again', (context) => {
  const folder = busyboxContext(context, { Dockerfile: `${BUSYBOX}RUN echo 1 > /a\n` });
  const home = tmpDir();
  statuses(home, folder);
  const again = statuses(home, folder, '--no-cache').filter((line) => !line.includes('FROM'));
  expect(again.map((line) => line.split(' ')[0])).toEqual(['ran', 'ran', 'ran']);
});

test('a pruned store builds again, and what was pruned is run', (context) => {
  const folder = busyboxContext(context, { Dockerfile: `${BUSYBOX}RUN echo 1 > /a\n` });
  const home = tmpDir();
  statuses(home, folder, '-t', 'kept');
  const pruned = slipway(home, ['cache', 'prune', '--all']);
  expect(pruned.status, pruned.stderr).toBe(0);
  expect(slipway(home, ['inspect', 'kept']).status).toBe(0);
  const out = join(tmpDir(), 'kept.tar');
  expect(slipway(home, ['save', '-o', out, 'kept']).status).toBe(0);
  expect(statuses(home, folder).at(-1)).toBe('ran RUN echo 1 > /a');
});
