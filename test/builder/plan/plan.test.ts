// Dockerfile -> graph: whole plans from table files, then what single instructions do to a config.

import { describe, expect, it } from 'vitest';
import type { RuntimeConfig } from '../../../image/model.ts';
import { testBlocks } from '../../support/blocks.ts';
import { describeGraph, planRefusal, planText } from './plan-text.ts';

function configOf(text: string, base: RuntimeConfig = {}): RuntimeConfig {
  return planText(text, {}, { base }).graph.config.config ?? {};
}

function historyOf(text: string): string[] {
  return planText(text).graph.history.map(({ entry }) => entry.created_by ?? '');
}

describe('plans', () => {
  testBlocks(import.meta.dirname, 'cases/plans.txt', (input) =>
    describeGraph(planText(input).graph),
  );
});

describe('refuses', () => {
  testBlocks(import.meta.dirname, 'cases/refusals.txt', (input) => planRefusal(input));
});

describe('the config', () => {
  it('starts with a PATH, and from scratch with the root as working folder', () => {
    expect(configOf('FROM scratch')).toEqual({
      WorkingDir: '/',
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    });
    expect(configOf('FROM base', { Env: ['A=1'] }).Env?.[1]).toMatch(/^PATH=/);
    expect(configOf('FROM base', { Env: ['PATH=/x'] }).Env).toEqual(['PATH=/x']);
  });

  it('keeps the place of a variable that is set again', () => {
    const base = { Env: ['PATH=/x', 'A=1', 'B=2'] };
    expect(configOf('FROM base\nENV A=3 C=$A', base).Env).toEqual(['PATH=/x', 'A=3', 'B=2', 'C=1']);
  });

  it('loses an inherited CMD by ENTRYPOINT, unless CMD stood in the stage', () => {
    const base = { Cmd: ['sh'], Entrypoint: ['e'] };
    expect(configOf('FROM base\nENTRYPOINT ["x"]', base).Entrypoint).toEqual(['x']);
    expect(configOf('FROM base\nENTRYPOINT ["x"]', base).Cmd).toBeUndefined();
    expect(configOf('FROM base\nCMD ["c"]\nENTRYPOINT ["x"]', base).Cmd).toEqual(['c']);
    const twoStages = 'FROM base AS a\nCMD ["c"]\nFROM a\nENTRYPOINT ["x"]';
    expect(configOf(twoStages, base).Cmd).toBeUndefined();
    expect(configOf('FROM base\nENTRYPOINT []', base).Entrypoint).toBeUndefined();
  });

  it('has every setting in the form that image configs hold', () => {
    const text = `FROM base
LABEL b=2 a="1 $X"
EXPOSE 443 80-81/UDP
VOLUME ["/b"]
VOLUME /a
USER me:us
WORKDIR /w
WORKDIR x/../y/
SHELL ["/bin/bash", "-c"]
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD curl -f x
CMD echo hi
ONBUILD COPY <<END /x
body
END
MAINTAINER me`;
    const options = { labels: new Map([['a', 'cli']]) };
    const { graph } = planText(text, options, { base: { Env: ['X=y'] } });
    expect(graph.config).toMatchObject({ author: 'me', architecture: 'amd64', os: 'linux' });
    const { Env: _, ...config } = graph.config.config ?? {};
    expect(config).toEqual({
      Labels: { a: 'cli', b: '2' },
      ExposedPorts: { '443/tcp': {}, '80/udp': {}, '81/udp': {} },
      Volumes: { '/a': {}, '/b': {} },
      User: 'me:us',
      WorkingDir: '/w/y',
      Shell: ['/bin/bash', '-c'],
      StopSignal: 'SIGQUIT',
      Healthcheck: {
        Test: ['CMD-SHELL', 'curl -f x'],
        Interval: 90e9,
        Timeout: 500e6,
        Retries: 3,
      },
      Cmd: ['/bin/bash', '-c', 'echo hi'],
      ArgsEscaped: true,
      OnBuild: ['COPY <<END /x\nbody\nEND'],
    });
  });

  it('takes names that JavaScript objects treat in a way of their own', () => {
    const labels = configOf('FROM scratch\nLABEL __proto__=a constructor=b').Labels;
    expect(JSON.stringify(labels)).toBe('{"__proto__":"a","constructor":"b"}');
  });

  it('has a label without a name where the variable of its name is not set', () => {
    expect(configOf('FROM scratch\nLABEL $unset=a').Labels).toEqual({ '': 'a' });
  });
});

describe('the history', () => {
  it('is written as the reference writes it', () => {
    const text = `FROM scratch
ARG V=1
ENV A=b C="d e"
LABEL l=m
WORKDIR /w
COPY --chown=1:2 a b ./
ADD --chmod=644 <<X y /z
X
RUN echo $V
RUN ["x", "y"]
EXPOSE 80
VOLUME /v
USER u
STOPSIGNAL 9
SHELL ["s", "-c"]
HEALTHCHECK --interval=90s CMD ["x"]
ENTRYPOINT ["a", "b c"]
CMD z
ONBUILD RUN x`;
    expect(historyOf(text)).toEqual([
      'ARG V=1',
      'ENV A=b C=d e',
      'LABEL l=m',
      'WORKDIR /w',
      'COPY --chown=1:2 a b ./ # buildkit',
      'ADD --chmod=644 y <<X /z # buildkit',
      'RUN |1 V=1 /bin/sh -c echo $V # buildkit',
      'RUN |1 V=1 x y # buildkit',
      'EXPOSE [80/tcp]',
      'VOLUME [/v]',
      'USER u',
      'STOPSIGNAL 9',
      'SHELL [s -c]',
      'HEALTHCHECK {Test:[CMD x] Interval:1m30s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}',
      'ENTRYPOINT ["a" "b c"]',
      'CMD ["s" "-c" "z"]',
    ]);
  });

  it('says which entries are empty, and which vertex made the others', () => {
    const { graph } = planText('FROM scratch\nENV A=1\nWORKDIR /\nRUN x');
    expect(graph.history.map(({ entry, vertex }) => [entry.empty_layer, vertex])).toEqual([
      [true, undefined],
      [true, undefined],
      [undefined, graph.target],
    ]);
  });

  it('shows no arguments that sound secret, and no credentials of URLs', () => {
    const buildArgs = new Map([
      ['http_proxy', 'http://u:p@proxy'],
      ['NPM_TOKEN', 'hunter2'],
      ['KEYBOARD', 'qwerty'],
    ]);
    const text =
      'FROM scratch\nARG http_proxy NPM_TOKEN KEYBOARD\nRUN x\nADD https://me:pw@host/a@b /x\n';
    const { graph } = planText(text, { buildArgs });
    expect(graph.history.map(({ entry }) => entry.created_by)).toEqual([
      'ARG http_proxy=http://***@proxy NPM_TOKEN=*** KEYBOARD=qwerty',
      'RUN |3 http_proxy=http://***@proxy NPM_TOKEN=*** KEYBOARD=qwerty /bin/sh -c x # buildkit',
      'ADD https://***@host/a@b /x # buildkit',
    ]);
  });
});
