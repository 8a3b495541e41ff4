// What an outline tells of arguments, secrets and agents.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are the Dockerfile's

import { expect, test } from 'vitest';
import { outline } from '../../../builder/describe/outline.ts';
import type { PlanOptions } from '../../../builder/plan/plan-options.ts';
import { thrownBy } from './thrown-by.ts';

function describe(text: string, given: Partial<PlanOptions> = {}) {
  return outline(
    { name: 'Dockerfile', text },
    {
      namedContexts: new Map(),
      target: undefined,
      buildArgs: new Map(),
      labels: new Map(),
      platform: { os: 'linux', architecture: 'amd64' },
      buildPlatform: { os: 'linux', architecture: 'amd64' },
      network: 'default',
      sourceDateEpoch: undefined,
      ...given,
    },
  );
}

/** `name=value` or `name=value (description)`, after the line. */
function args(text: string, given: Partial<PlanOptions> = {}): string[] {
  return describe(text, given).args.map(({ name, value, description, lines }) => {
    return `${lines.first} ${name}=${value}${description && ` (${description})`}`;
  });
}

test('arguments of the target, of its base and of what it copies from, and no others', () => {
  const text = `ARG release=12
ARG flavour=slim
ARG nobody=\${flavour}
# tag says which base
ARG tag=\${release}-\${flavour}
FROM debian:\${tag} AS tools
# JOBS at once
# CC is not this
ARG JOBS=4 CC=gcc
FROM alpine:\${nobody} AS other
ARG OTHER=1
FROM scratch AS base
ARG LEVEL
# final is shipped
FROM base AS final
COPY --from=tools /bin/x /
FROM other
`;
  const given = { target: 'FINAL', buildArgs: new Map([['JOBS', '8']]) };
  expect(args(text, given)).toEqual([
    '1 release=12',
    '2 flavour=slim',
    '5 tag=12-slim (says which base)',
    '9 CC=gcc (is not this)',
    '9 JOBS=8 (at once)',
    '13 LEVEL=',
  ]);
  expect(describe(text, given)).toMatchObject({ name: 'final', description: 'is shipped' });
});

test('a global argument that a stage takes over is told once, where it was defined', () => {
  expect(args('# V is one\nARG V=1\nFROM scratch\n# V is two\nARG V\n')).toEqual([
    '2 V=1 (is one)',
  ]);
  expect(args('ARG V=1\nFROM scratch\nARG V=2\n')).toEqual(['3 V=2']);
  expect(args('FROM scratch\nARG TARGETARCH\nARG X=$TARGETARCH\n')).toEqual(['3 X=amd64']);
});

test('of one name in several stages the nearest to the target counts', () => {
  const text = 'FROM scratch AS a\nARG V=a\nFROM a AS b\nFROM b\nARG V=c\n';
  expect(args(text)).toEqual(['5 V=c']);
  expect(args(text, { target: 'b' })).toEqual(['2 V=a']);
});

test('an argument that is made of itself is made of what it was made of before', () => {
  const text = 'ARG A=1\nARG B=2\nARG B=$B$A\nARG B=x$B\nFROM scratch:$B\n';
  expect(args(text)).toEqual(['1 A=1', '4 B=x21']);
});

test('values see ENV of the stage and of the stages below it', () => {
  expect(args('FROM scratch\nENV A=env\nARG B=$A\n')).toEqual(['3 B=env']);
  expect(args('FROM scratch AS a\nENV X=1\nFROM a\nARG Y=$X\n')).toEqual(['4 Y=1']);
});

test('arguments of ONBUILD triggers of a stage count where they run', () => {
  expect(args('FROM scratch AS a\nONBUILD ARG V=1\nFROM a\n')).toEqual(['2 V=1']);
  expect(args('FROM scratch AS a\nONBUILD ARG V=1\n')).toEqual([]);
});

test('secrets and agents that the target needs, with ids expanded', () => {
  const text = `FROM debian AS fetch
RUN --mount=type=secret,target=/root/.netrc,required --mount=type=ssh fetch
FROM debian AS other
RUN --mount=type=secret,id=unused other
FROM scratch
ARG ENVIRONMENT=prod
COPY --from=fetch /x /
RUN --mount=type=secret,id=token-$ENVIRONMENT,env=TOKEN \\
    --mount=type=ssh,id=deploy,required=true <<EOF
deploy
EOF
RUN --mount=type=secret,id=token-prod,required again
`;
  const { secrets, ssh } = describe(text);
  expect(secrets).toEqual([
    { name: '.netrc', required: true, lines: { first: 2, last: 2 } },
    { name: 'token-prod', required: false, lines: { first: 8, last: 11 } },
  ]);
  expect(ssh).toEqual([
    { name: 'default', required: false, lines: { first: 2, last: 2 } },
    { name: 'deploy', required: true, lines: { first: 8, last: 11 } },
  ]);
});

test('a named context that replaces a stage takes its needs away', () => {
  const text = 'ARG TAG=1\nFROM scratch:$TAG AS a\nARG V=1\nFROM a\n';
  expect(args(text)).toEqual(['1 TAG=1', '3 V=1']);
  expect(args(text, { namedContexts: new Map([['a', '/folder']]) })).toEqual([]);
});

test('a base that is yet to be given is asked for', () => {
  const text = 'ARG A=1\n# BASE to start from\nARG BASE\nFROM ${BASE} AS a\nARG V=$A\nFROM a\n';
  expect(args(text)).toEqual(['3 BASE= (to start from)', '5 V=']);
  expect(args(text, { buildArgs: new Map([['BASE', 'debian']]) })).toEqual([
    '3 BASE=debian (to start from)',
    '5 V=',
  ]);
  expect(thrownBy(() => describe('FROM ${BASE}\n'))).toEqual([
    'E_BASE_IMAGE',
    'the base image ${BASE} is empty',
    '${BASE}',
  ]);
});

test('a target that is none is refused', () => {
  expect(thrownBy(() => describe('FROM scratch AS final\n', { target: 'finale' }))).toEqual([
    'E_TARGET_NOT_FOUND',
    'there is no stage "finale"',
    '',
  ]);
});

test('thousands of stages cost no stack', () => {
  const stages = Array.from({ length: 2000 }, (_, i) => `FROM s${i} AS s${i + 1}\nARG A${i}\n`);
  expect(args(`FROM scratch AS s0\n${stages.join('')}`)).toHaveLength(2000);
});
