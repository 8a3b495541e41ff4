// `slipway advise`: what past builds prove, and nothing that following it would break.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { BUSYBOX, busyboxContext, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

interface Told {
  readonly kind: string;
  readonly place: string;
  readonly what: string;
  readonly times: number;
  readonly savedMs: number;
  readonly savedBytes: number;
}

/** A step that uses the network, so that it runs again whenever something before it changed; it takes its time. */
const SLOW = 'nc -w 1 127.0.0.1 9; sleep 1';

/** Builds once, and once more after each file has changed; returns the advice. */
function advice(context: TestContext, dockerfile: string, ...changed: string[]): readonly Told[] {
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX.replace('scratch', 'scratch AS base')}FROM base AS build\nWORKDIR /app\n${dockerfile}`,
    '.dockerignore': 'Dockerfile\nbusybox\n!busybox\n',
    'src/a.ts': 'a',
    'src/b.ts': 'b',
    'package.json': '{}',
    'README.md': 'read me',
  });
  const home = tmpDir();
  for (const path of ['', ...changed]) {
    if (path !== '') writeFileSync(join(folder, path), `changed ${changed.indexOf(path)}`);
    const { status, stderr } = slipway(home, ['build', '-q', folder]);
    expect(status, stderr).toBe(0);
  }
  const { status, stdout, stderr } = slipway(home, ['advise', '--format', 'json']);
  expect(status, stderr).toBe(0);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Told]));
}

test('a RUN that read nothing of a COPY is to go above it, for the time of the runs that this would have saved', (context) => {
  const told = advice(
    context,
    `COPY package.json .\nCOPY src src\nRUN cat package.json > deps; ${SLOW}\nRUN cat src/a.ts > out\n`,
    'src/a.ts',
  );
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({
    kind: 'move',
    place: 'Dockerfile:8',
    times: 1,
    what: expect.stringMatching(
      /^move RUN cat package\.json .* \(Dockerfile:8\) above COPY src src \(Dockerfile:7\), with the ENV/,
    ),
  });
  expect(told[0]?.savedMs).toBeGreaterThan(900);
});

test.for<[string, string]>([
  ['reads a file of it', `RUN cat src/b.ts > out; ${SLOW}`],
  ['lists its folder', `RUN ls src > out; ${SLOW}`],
  ['only goes into its folder', `RUN cd src && cat ../package.json > /out; ${SLOW}`],
  ['looks for a file that is not there otherwise', `RUN test -e src/b.ts; ${SLOW}`],
  ['writes a file that it brings', `RUN echo > src/b.ts; ${SLOW}`],
  [
    'stays offline, so that its read set decides',
    'RUN --network=none cat package.json > deps; sleep 1',
  ],
])('a RUN that %s is left where it stands', ([, run], context) => {
  expect(advice(context, `COPY package.json .\nCOPY src src\n${run}\n`, 'src/a.ts')).toEqual([]);
});

test('a file that changes and that nobody reads is to be ignored, unless it is in the image', (context) => {
  const stage = `COPY . .\nRUN cat src/a.ts > out; ${SLOW}\n`;
  const told = advice(context, `${stage}FROM base\nCOPY --from=build /app/out /out\n`, 'README.md');
  const ignore = told.find(({ kind }) => kind === 'ignore');
  expect(ignore).toMatchObject({ place: 'Dockerfile:6', times: 2 });
  expect(ignore?.what).toMatch(
    /^ignore README\.md \(\.dockerignore, or --exclude at COPY \. \. \(Dockerfile:6\)\)/,
  );
  expect(ignore?.savedMs).toBeGreaterThan(900);
  expect(advice(context, stage, 'README.md').filter(({ kind }) => kind === 'ignore')).toEqual([]);
  const whole = `${stage}FROM base\nCOPY --from=build /app /app\n`;
  expect(advice(context, whole, 'README.md').filter(({ kind }) => kind === 'ignore')).toEqual([]);
});

test('a COPY of everything is to take what is read behind it', (context) => {
  const stage = `COPY . .\nRUN cat src/a.ts package.json > out; ${SLOW}\n`;
  const told = advice(context, `${stage}FROM base\nCOPY --from=build /app/out /out\n`, 'README.md');
  const narrow = told.find(({ kind }) => kind === 'narrow');
  expect(narrow).toMatchObject({ place: 'Dockerfile:6', times: 2 });
  expect(narrow?.what).toBe(
    'let COPY . . (Dockerfile:6) take what is read behind it: package.json src (one COPY for the files, one for each folder)',
  );
  expect(narrow?.savedMs).toBeGreaterThan(900);
});

test.for<[string, string]>([
  ['lists its folder', `RUN ls > /out; cat src/a.ts; ${SLOW}`],
  [
    'mounts its stage',
    `RUN cat src/a.ts > out; ${SLOW}\nFROM base\nRUN --mount=from=build,target=/b cat /b/app/README.md > /x`,
  ],
  ['is in the image', `RUN cat src/a.ts > out; ${SLOW}`],
])('a COPY of everything behind which a step %s is left as it is', ([why, run], context) => {
  const end = why === 'lists its folder' ? '\nFROM base\nCOPY --from=build /app/src /out\n' : '\n';
  const told = advice(context, `COPY . .\n${run}${end}`, 'README.md');
  expect(told.filter(({ kind }) => kind === 'narrow')).toEqual([]);
});

test('what a package manager keeps in a layer is to go to a cache mount', (context) => {
  const folder = '/root/.npm/_cacache';
  const fill = `mkdir -p ${folder} && dd if=/dev/zero of=${folder}/x bs=1k count=2000`;
  const told = advice(context, `RUN ${fill}\n`);
  expect(told).toMatchObject([
    { kind: 'cache-mount', place: 'Dockerfile:6', savedBytes: 2_048_000, savedMs: 0 },
  ]);
  expect(told[0]?.what).toMatch(/--mount=type=cache,target=\/root\/\.npm\/_cacache$/);
  expect(advice(context, `RUN --mount=type=cache,target=${folder} ${fill}\n`)).toEqual([]);
});

test('the text names the place and what is saved, and an empty store is told so', (context) => {
  const home = tmpDir();
  expect(slipway(home, ['advise']).stderr).toContain('error[E_BUILD_NOT_FOUND]');
  const folder = busyboxContext(context, {
    Dockerfile: `${BUSYBOX}RUN mkdir -p /root/.npm/_cacache && dd if=/dev/zero of=/root/.npm/_cacache/x bs=1k count=2000\n`,
  });
  expect(slipway(home, ['build', '-q', folder]).status).toBe(0);
  expect(slipway(home, ['advise']).stdout).toMatch(
    /^1 piece of advice on .*Dockerfile, from 1 build\n\nDockerfile:4: give RUN mkdir .* --mount=type=cache,target=\/root\/\.npm\/_cacache\n {4}what npm fetched is in the layer, .*\n {4}saves 2\.05MB of the layer\n$/,
  );
});
