// What `slipway why` answers about builds that went as builds go: a file changed, a variable, a base, nothing.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { hexOf, sha256 } from '../../core/digest.ts';
import { BUSYBOX, busyboxContext, type Finished, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

const DOCKERFILE = `${BUSYBOX.replace('scratch', 'scratch AS base')}
FROM base AS build
WORKDIR /app
COPY . .
RUN cat src/*.ts > out.js
RUN cat docs/* > manual
ARG VERSION=1
RUN echo $VERSION > version

FROM base
COPY --from=build /app/out.js /srv/
RUN wc -c /srv/out.js > /size
`;

class Project {
  readonly home = tmpDir();
  readonly folder: string;

  constructor(context: TestContext) {
    this.folder = busyboxContext(context, {
      Dockerfile: DOCKERFILE,
      '.dockerignore': 'Dockerfile\n',
      'src/a.ts': 'a',
      'docs/m': 'm',
      'README.md': 'read me',
    });
    this.build();
  }

  build(...args: string[]): Finished {
    return slipway(this.home, ['build', '--progress=plain', ...args, this.folder]);
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  why(...args: string[]): string {
    const { status, stdout, stderr } = slipway(this.home, ['why', ...args]);
    expect(status, stderr).toBe(0);
    return stdout;
  }
}

const DIGESTS = String.raw`\(sha256:[0-9a-f]{12} -> [0-9a-f]{12}\)`;

test('a changed file is told with what it was and is, and with who brought it from where', (context) => {
  const project = new Project(context);
  project.write('src/a.ts', 'b');
  expect(project.build().status).toBe(0);
  const text = project.why();
  expect(text).toMatch(/^build \d{8}-\d{6}-[0-9a-f]{6} of .*Dockerfile, context \/.*\n/);
  expect(text).toMatch(/: 4 of 10 steps ran/);
  expect(text).toMatch(
    new RegExp(
      String.raw`\+ \[build 2/5\] COPY \. \.   ran, .*Dockerfile:7\n    src/a\.ts of the context changed ${DIGESTS}\n`,
    ),
  );
  expect(text).toMatch(
    new RegExp(
      String.raw`\+ \[build 3/5\] RUN cat src/\*\.ts > out\.js   ran, .*Dockerfile:8\n    it read /app/src/a\.ts, which changed ${DIGESTS}, copied by COPY \. \. \(Dockerfile:7\) from src/a\.ts of the context\n`,
    ),
  );
  expect(text).toMatch(
    new RegExp(
      String.raw`= \[build 4/5\] RUN cat docs/\* > manual   reused \(traced\).*\n    /app/out\.js changed ${DIGESTS}, written by RUN cat src/\*\.ts > out\.js \(Dockerfile:8\)\n    /app/src/a\.ts changed .*; this step never read any of them\n`,
    ),
  );
  expect(text).toMatch(
    new RegExp(
      String.raw`    /app/out\.js of the stage build changed ${DIGESTS}, written by RUN cat src/\*\.ts > out\.js \(Dockerfile:8\)\n`,
    ),
  );
  expect(text).toMatch(/ from \/app\/out\.js of the stage build, where it was written by RUN cat /);
});

test('what a file was is what the last build had, though that made nothing', (context) => {
  const project = new Project(context);
  const short = (text: string): string => hexOf(sha256(text)).slice(0, 12);
  for (const text of ['b', 'a', 'c']) {
    project.write('src/a.ts', text);
    expect(project.build().status).toBe(0);
  }
  expect(project.why(':7')).toContain(
    `src/a.ts of the context changed (sha256:${short('a')} -> ${short('c')})\n`,
  );
});

test('what is new, gone, or of another mode is told so', (context) => {
  const project = new Project(context);
  project.write('src/new.ts', 'n');
  rmSync(join(project.folder, 'docs/m'));
  project.write('docs/x', 'm');
  project.build();
  const copied = project.why(':7');
  expect(copied).toContain('    src/new.ts of the context is new\n');
  expect(copied).toContain('    /app/docs/m is no longer in what it copies\n');
  const read = project.why('cat docs');
  expect(read).toMatch(
    /it listed \/app\/docs, where x is new, m is gone|it read \/app\/docs\/m, which is gone, no longer copied by COPY/,
  );
});

test('a variable is told with its values, and a secret without', (context) => {
  const project = new Project(context);
  project.build('--build-arg', 'VERSION=2');
  const told =
    / \+ \[build 5\/5\] RUN echo 2 > version {3}ran, .*\n {4}VERSION of its environment changed: "1" -> "2"\n/;
  expect(project.why('version')).toMatch(told);
  expect(project.why()).toMatch(told);
  const secret = new Project(context);
  secret.write('Dockerfile', DOCKERFILE.replaceAll('VERSION', 'API_TOKEN'));
  secret.build('--build-arg', 'API_TOKEN=hush');
  secret.build('--build-arg', 'API_TOKEN=hush2');
  const hidden = secret.why() + secret.why(':11') + secret.why(':11', '--format', 'json');
  expect(hidden).toContain('API_TOKEN');
  expect(hidden).not.toContain('hush');
});

test('another place, command, variable or mount is told as what it was and is', (context) => {
  const project = new Project(context);
  const edited = (from: string, to: string): string => {
    project.write('Dockerfile', DOCKERFILE.replace(from, to));
    expect(project.build().status).toBe(0);
    return project.why();
  };
  expect(edited('out.js /srv/\n', 'out.js /srv/lib/\nRUN cp /srv/lib/out.js /srv\n')).toContain(
    '    its destination changed: "/srv/" -> "/srv/lib/"\n',
  );
  expect(edited('cat docs', 'cat  docs')).toContain(
    '    its command changed: "cat docs/* > manual" -> "cat  docs/* > manual"\n',
  );
  expect(edited('RUN cat docs', 'ENV A=b\nRUN cat docs')).toContain(
    '    A of its environment is new: "b"\n',
  );
  expect(edited('RUN cat docs', 'RUN --mount=type=tmpfs,target=/t cat docs')).toContain(
    '    tmpfs /t of its mounts is new\n',
  );
});

test('builds are told of where the store cannot be opened, without values', (context) => {
  const project = new Project(context);
  project.build('--build-arg', 'VERSION=2');
  writeFileSync(join(project.home, 'format.json'), '{"format":99}\n');
  expect(project.why()).toContain('    its environment changed: VERSION\n');
});

test('--reads lists what a step read, and says where that is not known', (context) => {
  const project = new Project(context);
  const reads = project.why('cat docs', '--reads');
  expect(reads).toMatch(/^ {2}c +\/app\/docs\/m$/m);
  expect(reads).toMatch(/^ {2}c?l +\/app\/docs$/m);
  expect(reads).not.toContain('README.md');
  expect(project.why(':7', '--reads')).toContain('not known: only what a RUN reads is observed');
  expect(slipway(project.home, ['cache', 'prune']).status).toBe(0);
  expect(project.why('cat docs', '--reads')).toMatch(
    /not known: its record is no longer in the cache/,
  );
});

test('the builds are kept, the failed ones too, and are found by their ids', (context) => {
  const project = new Project(context);
  project.write('Dockerfile', `${DOCKERFILE}RUN exit 3\nRUN echo\n`);
  expect(project.build().status).toBe(1);
  const [failed, first] = project
    .why('--builds', '--format', 'json')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  expect(failed).toMatchObject({ ok: false, code: 'E_RUN_FAILED', steps: 12 });
  expect(first).toMatchObject({ ok: true, steps: 10 });
  expect(project.why('--builds')).toMatch(
    /^BUILD +CREATED +RESULT +TOOK +RAN +REUSED +DOCKERFILE +TARGET\n/,
  );
  const text = project.why();
  expect(text).toMatch(/ ! \[stage-2 3\/4\] RUN exit 3 {3}failed with exit code 3/);
  expect(text).toMatch(/ {3}\[stage-2 4\/4\] RUN echo {3}not begun/);
  expect(project.why('--build', first.id)).toMatch(/: 9 of 10 steps ran\n/);
  expect(project.why('--build', first.id.slice(-6))).toMatch(/: 9 of 10 steps ran\n/);
  expect(JSON.parse(project.why('--format', 'json'))).toMatchObject({ id: failed.id, format: 1 });
});

test('--explain says as much while the build runs', (context) => {
  const project = new Project(context);
  project.write('src/a.ts', 'b');
  const { stderr } = project.build('--explain');
  expect(stderr).toMatch(
    new RegExp(
      String.raw`^#\d+ why: it read /app/src/a\.ts, which changed ${DIGESTS}, copied by COPY \. \. \(Dockerfile:7\)`,
      'm',
    ),
  );
});

test('a build that cannot be written down is built all the same', (context) => {
  const project = new Project(context);
  rmSync(join(project.home, 'builds'), { recursive: true });
  writeFileSync(join(project.home, 'builds'), '');
  const { status, stderr } = project.build();
  expect(status).toBe(0);
  expect(stderr).toContain('warning History: the build is not in the history: ');
});

test('a damaged build counts as not there', (context) => {
  const project = new Project(context);
  writeFileSync(join(project.home, 'builds/20991231-000000-000000.json'), '{"format":1');
  writeFileSync(join(project.home, 'builds/20991231-000000-000001.json'), '[]');
  expect(project.why()).toMatch(/: 9 of 10 steps ran\n/);
});

test.each<[string[], RegExp]>([
  [[], /E_BUILD_NOT_FOUND\]: no build is in the history of this store\n = hint: build something/],
  [['--build', 'x'], /E_BUILD_NOT_FOUND\]: there is no build "x"\n = hint: slipway why --builds/],
  [['--reads'], /E_USAGE\]: --reads needs a step/],
  [['--builds', 'x'], /E_USAGE\]: --builds takes nothing else/],
])('why %j of an empty store is refused', (args, message) => {
  const { status, stderr } = slipway(tmpDir(), ['why', ...args]);
  expect(status).toBeGreaterThan(0);
  expect(stderr).toMatch(message);
});

test('a step that is not there, or that several could be, is refused', (context) => {
  const project = new Project(context);
  const refuse = (word: string): string => slipway(project.home, ['why', word]).stderr;
  expect(refuse('cta')).toMatch(/E_BUILD_NOT_FOUND\]: the build has no step "cta"\n = hint: /);
  expect(refuse('cat')).toMatch(
    /E_USAGE\]: 2 steps go by "cat"\n = hint: name one by its line: .*:8 /,
  );
});

test('a step that has moved, or whose stage is called otherwise, was run before', (context) => {
  const project = new Project(context);
  const moved = DOCKERFILE.replace('RUN cat src', 'RUN touch /stamp\nRUN cat src')
    .replace('AS build', 'AS builder')
    .replace('--from=build', '--from=builder');
  project.write('Dockerfile', moved);
  project.write('src/a.ts', 'b');
  expect(project.build().status).toBe(0);
  const text = project.why();
  expect(text).toMatch(/RUN touch \/stamp +ran, [^\n]*for the first time/);
  expect(text.match(/for the first time/g)).toHaveLength(1);
  expect(text).toMatch(
    new RegExp(
      `RUN cat src/\\*\\.ts > out\\.js [^\\n]*\\n +it read /app/src/a\\.ts, which changed ${DIGESTS}`,
    ),
  );
});

test('a COPY onto another base names what it copies, and nothing that it is put on', (context) => {
  const project = new Project(context);
  project.write(
    'Dockerfile',
    DOCKERFILE.replace('WORKDIR /app', 'WORKDIR /app\nRUN echo other > /app/other'),
  );
  project.write('docs/m', 'other');
  expect(project.build().status).toBe(0);
  expect(project.why('COPY . .')).toMatch(
    new RegExp(`docs/m of the context changed ${DIGESTS}(?![^]*/app/other)`),
  );
});
