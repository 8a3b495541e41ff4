// What a Dockerfile, an image or a step says may hold commands for the terminal that shows it (set the title,
// clear the screen, answer back) or line feeds that fake lines of slipway's own.

import { expect, test } from 'vitest';
import { buildIn, buildOnHostile, load, needsSteps } from '../support/hostile.ts';
import { archive, member } from '../support/raw-tar.ts';
import { contextOf, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject
const DRIVES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const ESCAPES = '\u001b[2J\u001b]0;title\u0007\u009b31m\u202e';

test('in the output of a step', (context) => {
  needsSteps(context);
  const { stderr } = buildOnHostile({
    home: tmpDir(),
    dockerfile: String.raw`RUN printf '\033[2Jclear \033]0;title\007 \302\2332J \233 \342\200\256 end\n'; printf 'err\033c\n' >&2; exit 3
`,
  });
  expect(stderr).toMatch(/^#\d+ \S+ clear .* end$/m);
  expect(stderr).not.toMatch(DRIVES);
});

test('in the text of an instruction, its step, the reasons and the error', (context) => {
  needsSteps(context);
  const home = tmpDir();
  const forged = JSON.stringify(['/bin/sh', '-c', `false ${ESCAPES}\n#9 DONE forged`]);
  const { stderr } = buildOnHostile({ home, dockerfile: `RUN ${forged}\n` });
  expect(stderr).toContain('error[E_RUN_FAILED]');
  expect(stderr).not.toMatch(DRIVES);
  expect(stderr).not.toMatch(/^#9 DONE forged/m);
  const warned = buildIn(home, { Dockerfile: `FROM base:1 AS a${ESCAPES}\nRUN true\n` });
  expect(warned.stderr).toContain('error[');
  expect(warned.stderr).not.toMatch(DRIVES);
});

test('in the names of files, of images and of what is missing', () => {
  const home = tmpDir();
  const named = archive(member({ name: `${ESCAPES.replaceAll('\u009b', '')}/../x` }));
  expect(load(home, { layers: [named] }).status).toBe(0);
  const outputs = [
    buildIn(home, { Dockerfile: 'FROM base:1\nCOPY a /\n', a: '' }),
    buildIn(home, { Dockerfile: `FROM base:1${ESCAPES}\n` }),
    buildIn(home, { Dockerfile: `FROM scratch\nCOPY a\u001bc\u009b31m /\n` }),
    buildIn(home, { Dockerfile: 'FROM scratch\nCOPY a /\n' }, '--target', `x${ESCAPES}`),
    slipway(home, ['inspect', `x${ESCAPES}`]),
    slipway(home, ['load', '-i', `/nowhere/${ESCAPES}`]),
    slipway(home, [`x${ESCAPES}`]),
  ];
  for (const { status, stdout, stderr } of outputs) {
    expect(status, stderr).not.toBe(0);
    expect(stderr).toMatch(/^error\[E_/m);
    expect(`${stdout}${stderr}`).not.toMatch(DRIVES);
  }
});

test('in an image that is inspected or listed, and in the JSON log', () => {
  const home = tmpDir();
  const dockerfile = `FROM scratch\nLABEL a="${ESCAPES}"\nCOPY a${ESCAPES} /\n`;
  const built = slipway(home, [
    'build',
    '--progress=json',
    contextOf({ Dockerfile: dockerfile, [`a${ESCAPES}`]: '' }),
    '-t',
    'made',
  ]);
  expect(built.status, built.stdout).toBe(0);
  const inspected = slipway(home, ['inspect', 'made']).stdout;
  const { config } = JSON.parse(inspected) as { config: { config: { Labels: { a: string } } } };
  expect(config.config.Labels.a).toBe(ESCAPES);
  const listed = ['json', 'table'].map((form) => slipway(home, ['cache', 'ls', '--format', form]));
  for (const text of [built.stdout, inspected, ...listed.map(({ stdout }) => stdout)]) {
    expect(text).not.toBe('');
    expect(text).not.toMatch(DRIVES);
  }
});
