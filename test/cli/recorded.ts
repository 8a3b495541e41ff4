// Builds as lists of events, each with the moment (in milliseconds) at which it happened.

import type { Renderer } from '../../cli/render/renderer.ts';
import { sha256 } from '../../core/digest.ts';
import type { BuildEvent } from '../../core/events.ts';

export type Recorded = readonly (readonly [at: number, event: BuildEvent])[];

export const DIGEST = sha256('an image');

const source = { name: 'Dockerfile', text: 'FROM busybox\nRUN cc -o a a.c\nRUN cp $X /\n' };
const FROM = '[build 1/3] FROM busybox';
const CC = '[build 2/3] RUN cc -o a a.c';
const NPM = '[web 2/2] RUN npm ci';

export const SUCCESS: Recorded = [
  [0, { event: 'build', dockerfile: 'Dockerfile', target: 'build', steps: 3 }],
  [1, { event: 'choice', subject: 'isolation', chosen: 'rootless', why: 'not root' }],
  [
    2,
    {
      event: 'warning',
      code: 'UndefinedVar',
      message: 'X is never set',
      span: { source, start: 36, end: 38 },
    },
  ],
  [3, { event: 'step-start', id: 0, step: FROM }],
  [4, { event: 'step', id: 0, step: FROM, status: 'exact', reason: 'same digest', ms: 1 }],
  [10, { event: 'step-start', id: 7, step: CC }],
  [11, { event: 'step-start', id: 3, step: NPM }],
  [322, { event: 'log', id: 7, stream: 'stderr', line: 'a.c: \u001b[35mwarning\u001b[0m' }],
  [400, { event: 'log', id: 3, stream: 'stdout', line: '10%\r50%\r100%\r' }],
  [1210, { event: 'log', id: 7, stream: 'stdout', line: 'linked' }],
  [1300, { event: 'step', id: 7, step: CC, status: 'ran', reason: 'a.c changed', ms: 1290 }],
  [
    1400,
    { event: 'step', id: 3, step: NPM, status: 'traced', reason: 'README.md was not read', ms: 2 },
  ],
  [1410, { event: 'export-start', output: 'exporting to oci archive a.tar' }],
  [1500, { event: 'export', output: 'exporting to oci archive a.tar', digest: DIGEST, ms: 90 }],
  [1501, { event: 'done', ok: true, digest: DIGEST, ms: 1501 }],
];

export const FAILURE: Recorded = [
  [0, { event: 'build', dockerfile: 'Dockerfile', target: 'build', steps: 3 }],
  [10, { event: 'step-start', id: 7, step: CC }],
  ...Array.from({ length: 50 }, (_, n): Recorded[number] => [
    20 + n,
    { event: 'log', id: 7, stream: 'stderr', line: `a.c:${n + 1}: error` },
  ]),
  [
    100,
    { event: 'step', id: 7, step: CC, status: 'failed', reason: 'no record', ms: 90, exitCode: 2 },
  ],
  [101, { event: 'done', ok: false, code: 'E_RUN_FAILED', ms: 101 }],
];

/** Plays a recording into the renderer that `make` makes with the recording's clock. */
export function play(recorded: Recorded, make: (now: () => number) => Renderer): void {
  let clock = 0;
  const renderer = make(() => clock);
  for (const [at, event] of recorded) {
    clock = at;
    renderer.onEvent(event);
  }
  renderer.close();
}
