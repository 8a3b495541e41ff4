import { expect, test } from 'vitest';
import { FailedStep } from '../../cli/render/failed-step.ts';
import { jsonRenderer } from '../../cli/render/json.ts';
import { plainRenderer } from '../../cli/render/plain.ts';
import { quietRenderer } from '../../cli/render/quiet.ts';
import { BuildError } from '../../core/errors.ts';
import { fakeHost } from './host.ts';
import { FAILURE, play, type Recorded, SUCCESS } from './recorded.ts';

function plain(recorded: Recorded): string {
  const host = fakeHost();
  play(recorded, (now) => plainRenderer(host.stderr, now));
  return host.err();
}

test('the plain log has a section for each step, repeated where steps take turns', () => {
  expect(plain(SUCCESS)).toMatchInlineSnapshot(`
    "#0 building stage build of Dockerfile
    #0 isolation: rootless (not root)
    #0 warning UndefinedVar at Dockerfile:3:8: X is never set

    #1 [build 1/3] FROM busybox
    #1 why: same digest
    #1 CACHED

    #2 [build 2/3] RUN cc -o a a.c
    #2 0.312 a.c: warning

    #3 [web 2/2] RUN npm ci
    #3 0.389 100%

    #2 [build 2/3] RUN cc -o a a.c
    #2 1.200 linked
    #2 why: a.c changed
    #2 DONE 1.3s

    #3 [web 2/2] RUN npm ci
    #3 why: README.md was not read
    #3 CACHED (traced)

    #4 exporting to oci archive a.tar
    #4 image sha256:a5df3fde7b200c3fa2791144c7e05c5c2bced4c6ad863d3a4cf76c972c1712f9
    #4 DONE 0.1s

    #0 finished after 1.5s
    "
  `);
});

test('the plain log shows the exit code of a failed step', () => {
  expect(plain(FAILURE).split('\n').slice(-5)).toMatchInlineSnapshot(`
    [
      "#1 why: no record",
      "#1 ERROR: exit code 2",
      "",
      "#0 failed after 0.1s",
      "",
    ]
  `);
});

test('the JSON log holds the events as they are, one object a line', () => {
  const host = fakeHost();
  play(SUCCESS, () => jsonRenderer(host.stdout));
  expect(host.out()).toMatchInlineSnapshot(`
    "{"event":"build","dockerfile":"Dockerfile","target":"build","steps":3}
    {"event":"choice","subject":"isolation","chosen":"rootless","why":"not root"}
    {"event":"warning","code":"UndefinedVar","message":"X is never set","file":"Dockerfile","line":3,"column":8}
    {"event":"step-start","id":0,"step":"[build 1/3] FROM busybox"}
    {"event":"step","id":0,"step":"[build 1/3] FROM busybox","status":"exact","reason":"same digest","ms":1}
    {"event":"step-start","id":7,"step":"[build 2/3] RUN cc -o a a.c"}
    {"event":"step-start","id":3,"step":"[web 2/2] RUN npm ci"}
    {"event":"log","id":7,"stream":"stderr","line":"a.c: \\u001b[35mwarning\\u001b[0m"}
    {"event":"log","id":3,"stream":"stdout","line":"10%\\r50%\\r100%\\r"}
    {"event":"log","id":7,"stream":"stdout","line":"linked"}
    {"event":"step","id":7,"step":"[build 2/3] RUN cc -o a a.c","status":"ran","reason":"a.c changed","ms":1290}
    {"event":"step","id":3,"step":"[web 2/2] RUN npm ci","status":"traced","reason":"README.md was not read","ms":2}
    {"event":"export-start","output":"exporting to oci archive a.tar"}
    {"event":"export","output":"exporting to oci archive a.tar","digest":"sha256:a5df3fde7b200c3fa2791144c7e05c5c2bced4c6ad863d3a4cf76c972c1712f9","ms":90}
    {"event":"done","ok":true,"digest":"sha256:a5df3fde7b200c3fa2791144c7e05c5c2bced4c6ad863d3a4cf76c972c1712f9","ms":1501}
    "
  `);
});

test('the JSON log ends with the error of a failed build', () => {
  const host = fakeHost();
  const renderer = jsonRenderer(host.stdout);
  const source = { name: 'Dockerfile', text: 'FROM a\nRUN false\n' };
  const span = { source, start: 7, end: 16 };
  renderer.close(new BuildError('E_RUN_FAILED', 'exit code 1', { exitCode: 1, span }));
  expect(JSON.parse(host.out())).toEqual({
    event: 'error',
    code: 'E_RUN_FAILED',
    message: 'exit code 1',
    exitCode: 1,
    file: 'Dockerfile',
    line: 2,
    column: 1,
  });
});

test('quiet prints the digest of the image and nothing else', () => {
  const host = fakeHost();
  play(SUCCESS, () => quietRenderer(host.stdout));
  expect(host.out()).toMatchInlineSnapshot(`
    "sha256:a5df3fde7b200c3fa2791144c7e05c5c2bced4c6ad863d3a4cf76c972c1712f9
    "
  `);
});

test('quiet prints nothing for a build that failed', () => {
  const host = fakeHost();
  play(FAILURE, () => quietRenderer(host.stdout));
  expect(host.out()).toBe('');
});

test('the report of a failed step holds its last 40 lines', () => {
  const failed = new FailedStep();
  for (const [, event] of FAILURE) failed.onEvent(event);
  const lines = failed.report().split('\n');
  expect(lines.slice(0, 3)).toEqual(['------', ' > [build 2/3] RUN cc -o a a.c:', 'a.c:11: error']);
  expect(lines.slice(-3)).toEqual(['a.c:50: error', '------', '']);
  expect(lines).toHaveLength(44);
});

test('without a failed step there is no report', () => {
  const failed = new FailedStep();
  for (const [, event] of SUCCESS) failed.onEvent(event);
  expect(failed.report()).toBe('');
});

test('a step cannot drive the terminal through its output or its name', () => {
  const shown = plain([
    [0, { event: 'step-start', id: 1, step: 'RUN \u001b]0;title\u0007echo' }],
    [0, { event: 'log', id: 1, stream: 'stdout', line: 'a\u001b[2J\u001b[Hb\u009b1Ac' }],
  ]);
  expect(shown).toBe('\n#1 RUN echo\n#1 0.000 abc\n');
});
