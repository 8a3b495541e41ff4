// RUN steps that are reused by what they read, as people meet it: on the command line.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import type { StepEnded } from '../../core/events.ts';
import { BUSYBOX, busyboxContext, type Finished, slipway, steps } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const BUILD = ['build', '--progress=json', '-o', 'type=tar,dest=/dev/null'];

interface Project {
  build(...flags: string[]): readonly StepEnded[];
  edit(path: string, text: string): void;
  run(...args: string[]): Finished;
}

/** A project whose files are copied to /app before `lines`. */
function project(context: TestContext, lines: string, files: Record<string, string>): Project {
  const Dockerfile = `${BUSYBOX}COPY . /app\n${lines}\n`;
  const folder = busyboxContext(context, {
    '.dockerignore': 'Dockerfile\n',
    Dockerfile,
    ...files,
  });
  const home = tmpDir();
  return {
    run: (...args) => slipway(home, args),
    build(...flags) {
      const built = slipway(home, [...BUILD, ...flags, folder]);
      expect(built.stderr).toBe('');
      return steps(built) as readonly unknown[] as readonly StepEnded[];
    },
    edit: (path, text) => writeFileSync(join(folder, path), text),
  };
}

const outcomes = (built: readonly StepEnded[]) =>
  built
    .filter(({ step }) => / RUN (?!\[)/.test(step))
    .map(({ status, reason }) => [status, reason]);

test('an edit of a file that a costly RUN never read does not run it again', (context) => {
  const { build, edit } = project(context, 'RUN sleep 3; wc -c < /app/main.c > /out', {
    'main.c': 'int main;',
    'README.md': 'one',
  });
  const [first] = build().slice(-1);
  expect(first?.observed).toMatchObject({ network: false, calls: expect.any(Number) });
  edit('README.md', 'two');
  const [last] = build().slice(-1);
  expect(last).toMatchObject({
    status: 'traced',
    reason: '/app/README.md changed, but this step never read it',
    cause: {
      kind: 'unread',
      ignored: {
        more: 0,
        paths: [{ kind: 'changed', path: 'app/README.md', before: { size: 3 } }],
      },
    },
  });
  expect(last?.ms).toBeLessThan(1000);
  edit('main.c', 'int main();');
  expect(build().at(-1)).toMatchObject({
    status: 'ran',
    reason: 'what it read has changed: /app/main.c changed',
    cause: {
      kind: 'read',
      changes: [{ what: 'path', uses: 'c', change: { path: 'app/main.c', before: { size: 9 } } }],
    },
  });
});

test('early cutoff: what runs again and makes the same, but for its times, ends the running again', (context) => {
  const lines = "RUN grep -v '^#' /app/code > /out\nRUN --network=none cat /out > /last";
  const { build, edit } = project(context, lines, { code: '# one\ncode\n' });
  build();
  edit('code', '# another comment\ncode\n');
  // The last step never read /app/code, and /out is what it was.
  expect(outcomes(build())).toEqual([
    ['ran', 'what it read has changed: /app/code changed'],
    ['traced', '/app/code changed, but this step never read it'],
  ]);
});

test('--cache-policy and the comment say when what a step read is asked', (context) => {
  const lines = 'RUN echo a > /a\n# slipway: cache=strict\nRUN echo b > /b\nRUN echo c > /c';
  const { build, edit } = project(context, lines, { file: 'one' });
  build();
  edit('file', 'two');
  const changed = 'files before it changed: /app/file changed';
  const unread = '/app/file changed, but this step never read it';
  expect(outcomes(build())).toEqual([
    ['traced', unread],
    ['ran', changed],
    ['traced', unread],
  ]);
  edit('file', 'three');
  expect(outcomes(build('--cache-policy=strict'))).toEqual([
    ['ran', changed],
    ['ran', changed],
    ['ran', changed],
  ]);
});

test('a step that used the network is reused by what it read only where somebody says so', (context) => {
  const fetch = 'wget -q -O /x http://127.0.0.1:9/ || true';
  const lines = `RUN ${fetch}\n# slipway: cache=traced\nRUN ${fetch}; echo`;
  const { build, edit } = project(context, lines, { file: 'one' });
  build();
  edit('file', 'two');
  const unread = ['traced', '/app/file changed, but this step never read it'];
  expect(outcomes(build())).toEqual([
    [
      'ran',
      'files before it changed: /app/file changed (what it read is not asked: it used the network)',
    ],
    unread,
  ]);
  edit('file', 'three');
  expect(outcomes(build('--cache-policy=traced'))).toEqual([unread, unread]);
});

test('cache=none, --no-cache-filter and --cache-ttl run a step whatever is recorded', (context) => {
  const lines = `RUN echo a > /a
# slipway: cache=none
RUN echo b > /b
# slipway: cache-ttl=0s
RUN echo c > /c
RUN echo d > /d`;
  const { build } = project(context, lines, {});
  build();
  const same = ['exact', 'nothing that it depends on has changed'];
  const none = ['ran', 'the cache was not asked (cache=none)'];
  const old = ['ran', expect.stringMatching(/^its result is older than 0 ms \(\d+ \w+\)$/)];
  expect(outcomes(build())).toEqual([same, none, old, same]);
  expect(outcomes(build('--cache-ttl=0s'))).toEqual([old, none, old, old]);
  expect(outcomes(build('--cache-ttl=1h'))).toEqual([same, none, old, same]);
  const filtered = ['ran', 'the cache was not asked (--no-cache-filter)'];
  expect(outcomes(build('--no-cache-filter=stage-0'))).toEqual([
    filtered,
    none,
    filtered,
    filtered,
  ]);
});

test('a prune keeps what a record is compared with', (context) => {
  const { build, edit, run } = project(context, 'RUN wc -c < /app/a > /out', { a: '', b: '' });
  build();
  // The tree that the step ran on is now nobody's result.
  expect(run('cache', 'prune', '--filter', 'kind=copy').status).toBe(0);
  edit('b', 'new');
  expect(build().at(-1)?.status).toBe('traced');
  expect(run('cache', 'verify').status).toBe(0);
});

test('a step whose observation costs much and never pays is observed no more, until its command changes', (context) => {
  const look = 'i=0; while [ $i -lt 30000 ]; do [ -e /app/f ]; i=$((i+1)); done';
  const { build, edit, run } = project(context, `RUN ${look}; cat /app/f > /out`, { f: '0' });
  const GAVE_UP = 'seeing what it reads has cost much and was never of use';
  for (const round of ['1', '2', '3']) {
    expect(build().at(-1)?.observed).toMatchObject({ network: false, reads: expect.any(String) });
    edit('f', round);
  }
  expect(build().at(-1)?.observed).toMatchObject({ calls: 0, incomplete: GAVE_UP });
  expect(run('why', '5').stdout).toContain(`observed    not in full: ${GAVE_UP}`);
  edit('f', '4');
  expect(outcomes(build())).toEqual([
    ['ran', `files before it changed: /app/f changed (what it read is not asked: ${GAVE_UP})`],
  ]);
});
