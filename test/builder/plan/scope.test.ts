// What depends on the build around the Dockerfile: arguments, platforms, named contexts, ONBUILD.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Dockerfiles, not ours

import { describe, expect, it } from 'vitest';
import type { Graph, RunSpec } from '../../../builder/plan/graph.ts';
import { plan } from '../../../builder/plan/plan.ts';
import { parseWithErrors } from '../../../grammar/parse.ts';
import { DEFAULTS, describeGraph, planRefusal, planText, TIME_OF_SOURCES } from './plan-text.ts';

const ARM = { os: 'linux', architecture: 'arm64' };

function lastRun(graph: Graph): RunSpec {
  const run = graph.vertices.findLast(({ op }) => op.kind === 'run')?.op;
  if (run?.kind !== 'run') throw new Error('no RUN');
  return run;
}

function envOf(text: string, buildArgs: Record<string, string> = {}): string[] {
  const { graph } = planText(text, { buildArgs: new Map(Object.entries(buildArgs)) });
  return lastRun(graph).env.filter((entry) => !entry.startsWith('PATH='));
}

describe('build arguments', () => {
  it('come from the command line, else the default, else the ARG above all stages', () => {
    const text = 'ARG G=global\nFROM scratch\nARG A=default B G\nRUN x';
    expect(envOf(text)).toEqual(['A=default', 'G=global']);
    expect(envOf(text, { A: '1', B: '2', G: '3', UNDECLARED: '4' })).toEqual(['A=1', 'B=2', 'G=3']);
  });

  it('reach the stages that are built on the one that declares them, and no others', () => {
    const text =
      'FROM scratch AS a\nARG A=1\nFROM a AS b\nRUN x\nFROM scratch\nCOPY --from=b . .\nRUN y';
    const { graph } = planText(text);
    const envs = graph.vertices.flatMap(({ op }) => (op.kind === 'run' ? [op.env.length] : []));
    expect(envs).toEqual([2, 1]);
  });

  it('and ENV replace each other in the order in which they stand', () => {
    expect(envOf('FROM scratch\nARG A=arg\nENV A=env\nRUN x')).toEqual(['A=env']);
    expect(envOf('FROM scratch\nENV A=env\nARG A=arg\nRUN x')).toEqual(['A=arg']);
    const config = planText('FROM scratch\nENV A=env\nARG A=arg\nENV B=$A').graph.config.config;
    expect(config?.Env?.slice(1)).toEqual(['A=env', 'B=arg']);
  });

  it('that are proxies are seen by steps without ARG, and kept out of the key', () => {
    const buildArgs = new Map([['HTTP_PROXY', 'p']]);
    const run = lastRun(planText('FROM scratch\nRUN x', { buildArgs }).graph);
    expect(run.unkeyedEnv).toEqual(['http_proxy=p', 'HTTP_PROXY=p']);
    const declared = lastRun(planText('FROM scratch\nARG HTTP_PROXY\nRUN x', { buildArgs }).graph);
    expect(declared.unkeyedEnv).toEqual(['http_proxy=p']);
    expect(declared.env).toContain('HTTP_PROXY=p');
  });

  it('tell SOURCE_DATE_EPOCH to a stage that asks for it', () => {
    const { graph } = planText('FROM scratch\nARG SOURCE_DATE_EPOCH\nRUN x', {
      sourceDateEpoch: 7,
    });
    expect(lastRun(graph).env).toContain('SOURCE_DATE_EPOCH=7');
  });
});

describe('platforms', () => {
  it('are told to FROM lines, and to stages that ask', () => {
    const text =
      'FROM --platform=$BUILDPLATFORM x AS b\nARG TARGETARCH BUILDARCH TARGETVARIANT\nRUN y';
    const { graph } = planText(text, { platform: ARM });
    expect(graph.vertices[0]?.platform).toEqual({ os: 'linux', architecture: 'amd64' });
    expect(lastRun(graph).env.slice(1)).toEqual([
      'TARGETARCH=arm64',
      'BUILDARCH=amd64',
      'TARGETVARIANT=',
    ]);
  });

  it('name an image that may have been meant to be a stage', () => {
    const text = 'FROM x AS builder\nFROM scratch\nCOPY --from=bulder a b\nCOPY --from=other c d';
    const result = plan(parseWithErrors({ name: 'Dockerfile', text }), DEFAULTS, new Map());
    if (result.kind !== 'needs') throw new Error('nothing is needed');
    expect(result.images.map(({ reference, near }) => [reference, near()])).toEqual([
      ['bulder', 'builder'],
      ['other', undefined],
    ]);
  });

  it('of the target make the config of an image from scratch', () => {
    const { graph } = planText('FROM scratch', { platform: { ...ARM, variant: 'v9' } });
    expect(graph.config).toMatchObject({ os: 'linux', architecture: 'arm64', variant: 'v9' });
  });

  it('and all that is predefined may be replaced by build arguments', () => {
    const names =
      'TARGETPLATFORM TARGETOS TARGETOSVERSION TARGETARCH TARGETVARIANT BUILDPLATFORM BUILDOS BUILDOSVERSION BUILDARCH BUILDVARIANT TARGETSTAGE';
    const text = `FROM scratch AS last\nARG ${names}\nRUN x`;
    const env = (options: Parameters<typeof planText>[1]) =>
      lastRun(planText(text, { platform: { ...ARM, variant: 'v8' }, ...options }).graph).env.slice(
        1,
      );
    expect(env({})).toEqual([
      'TARGETPLATFORM=linux/arm64/v8',
      'TARGETOS=linux',
      'TARGETOSVERSION=',
      'TARGETARCH=arm64',
      'TARGETVARIANT=v8',
      'BUILDPLATFORM=linux/amd64',
      'BUILDOS=linux',
      'BUILDOSVERSION=',
      'BUILDARCH=amd64',
      'BUILDVARIANT=',
      'TARGETSTAGE=last',
    ]);
    const given = names.split(' ').map((name): [string, string] => [name, 'x']);
    expect(env({ buildArgs: new Map(given) })).toEqual(given.map(([name]) => `${name}=x`));
    expect(envOf('FROM scratch\nARG TARGETSTAGE\nRUN x')).toEqual(['TARGETSTAGE=default']);
    expect(env({ target: 'LAST' }).at(-1)).toBe('TARGETSTAGE=LAST');
  });

  it('are part of what names a needed image', () => {
    const text =
      'FROM a\nCOPY --from=b x y\nFROM --platform=linux/arm/v7 c\nCOPY --from=0 x y\nCOPY --from=a x y';
    const parsed = parseWithErrors({ name: 'Dockerfile', text });
    const result = plan(parsed, { ...DEFAULTS, platform: ARM }, new Map());
    if (result.kind !== 'needs') throw new Error('nothing is needed');
    expect(result.images.map((image) => image.key).sort()).toEqual([
      'a linux/arm64',
      'b linux/arm64',
      'c linux/arm/v7',
    ]);
  });
});

describe('named contexts', () => {
  it('stand for images, folders, layouts and nothing, by any spelling of a name', () => {
    const namedContexts = new Map([
      ['debian', 'docker-image://alpine:3'],
      ['src', './folder'],
      ['lay', 'oci-layout:///l:tag'],
      ['none', 'docker-image://scratch'],
    ]);
    const text = `FROM docker.io/library/debian:latest
COPY --from=src a b
COPY --from=lay a b
COPY --from=none a b
RUN --mount=from=src,target=/x y`;
    expect(describeGraph(planText(text, { namedContexts }).graph)).toBe(
      `0 [1/5] FROM docker.io/library/debian:latest
  image alpine:3 linux/amd64
1 [2/5] COPY --from=src a b
  on 0, from src: a -> /b
2 FROM oci-layout:///l:tag
  image oci-layout:///l:tag linux/amd64
3 [3/5] COPY --from=lay a b
  on 1, from 2: a -> /b
4 FROM scratch
  scratch
5 [4/5] COPY --from=none a b
  on 3, from 4: a -> /b
6 [5/5] RUN --mount=from=src,target=/x y
  on 5, in /: ["/bin/sh","-c","y"]
  env
  mount bind /x from src path="/" readonly=true`,
    );
  });

  it('replace a stage with their name, instructions and all', () => {
    const namedContexts = new Map([['build', 'docker-image://ready']]);
    const text = 'FROM golang AS build\nRUN make\nFROM scratch\nCOPY --from=build /o /o';
    const { graph } = planText(text, { namedContexts });
    expect(graph.vertices.map(({ op }) => (op.kind === 'base' ? op.image : op.kind))).toEqual([
      'ready linux/amd64',
      undefined,
      'copy',
    ]);
  });

  it('that are folders can be built on', () => {
    const { graph } = planText('FROM files', { namedContexts: new Map([['files', '../x']]) });
    expect(describeGraph(graph)).toBe(
      '0 FROM scratch\n  scratch\n1 [1/1] FROM files\n  on 0, from files: . -> /',
    );
  });

  it('of other kinds are refused', () => {
    const namedContexts = new Map([['x', 'ftp://example.com/x']]);
    expect(planRefusal('FROM x', { namedContexts })).toMatch(
      /^E_UNSUPPORTED 1:6 the build context x cannot be ftp:/,
    );
  });
});

describe('targets', () => {
  const text = 'FROM scratch AS One\nRUN 1\nFROM scratch AS two\nRUN 2\nFROM one\nRUN 3';

  it.each([
    [undefined, ['FROM scratch', '[one 1/1] RUN 1', '[stage-2 1/1] RUN 3']],
    ['ONE', ['FROM scratch', '[one 1/1] RUN 1']],
    ['Two', ['FROM scratch', '[two 1/1] RUN 2']],
  ])('%s has only the steps that it needs', (target, names) => {
    const { graph } = planText(text, { target });
    expect(graph.vertices.map(({ name }) => name)).toEqual(names);
    expect(graph.target).toBe(graph.vertices.length - 1);
  });

  it('that do not exist are refused with the nearest', () => {
    expect(planRefusal(text, { target: 'tow' })).toBe(
      'E_TARGET_NOT_FOUND nowhere there is no stage "tow" (Did you mean two?)',
    );
    expect(planRefusal(text, { target: '1' })).toBe(
      'E_TARGET_NOT_FOUND nowhere there is no stage "1" (The stages are one, two.)',
    );
    expect(planRefusal('FROM scratch', { target: 'x' })).toBe(
      'E_TARGET_NOT_FOUND nowhere there is no stage "x" (No stage has a name.)',
    );
  });
});

describe('ONBUILD', () => {
  it('triggers of a base image fire first, may need images, and are gone from the result', () => {
    const bases = { base: { OnBuild: ['COPY --from=tool /t /t', 'RUN <<E\nx\nE'] } };
    const { graph } = planText('FROM base\nRUN y', {}, bases);
    expect(graph.vertices.map(({ name }) => name)).toEqual([
      '[1/4] FROM base',
      'FROM tool',
      '[2/4] ONBUILD COPY --from=tool /t /t',
      '[3/4] ONBUILD RUN <<E (x)',
      '[4/4] RUN y',
    ]);
    expect(graph.config.config?.OnBuild).toBeUndefined();
  });

  it('triggers of a stage fire in the stage on it, not in the one after', () => {
    const text = 'FROM scratch AS a\nONBUILD ENV A=1\nFROM a AS b\nFROM b\nENV B=2';
    expect(planText(text).graph.config.config?.Env?.slice(1)).toEqual(['A=1', 'B=2']);
    expect(planText(text, { target: 'a' }).graph.config.config?.OnBuild).toEqual(['ENV A=1']);
  });

  it.each([
    ['RUNN x', 'an ONBUILD trigger of base is wrong: there is no instruction "RUNN"'],
    ['RUN --nope x', 'an ONBUILD trigger of base is wrong: RUN has no flag --nope'],
    ['FROM x', 'an ONBUILD trigger of base is not one instruction that may be one'],
    ['RUN x\nRUN y', 'an ONBUILD trigger of base is not one instruction that may be one'],
    ['ONBUILD RUN x', 'an ONBUILD trigger of base is not one instruction that may be one'],
  ])('trigger %j of an image is refused at the FROM', (trigger, message) => {
    const refused = planRefusal('FROM base', {}, { base: { OnBuild: [trigger] } });
    expect(refused).toContain(`E_ONBUILD 1:6 ${message}`);
  });
});

describe('hostile base images', () => {
  it('cannot slip words to the runner by a NUL in their variables', () => {
    const bases = { base: { Env: ['A=b\0--mount\0/'] } };
    expect(planRefusal('FROM base\nRUN x', {}, bases)).toBe(
      'E_ARGUMENTS 2:1 a NUL character in the arguments or variables of RUN',
    );
  });

  it('cannot lead the working folder out of the root', () => {
    const { graph } = planText('FROM base\nRUN x', {}, { base: { WorkingDir: '../../etc' } });
    expect(lastRun(graph).cwd).toBe('/etc');
  });
});

describe('SOURCE_DATE_EPOCH', () => {
  const text = 'ARG SOURCE_DATE_EPOCH=5\nFROM scratch\nARG SOURCE_DATE_EPOCH\nRUN x';
  const epochOf = (options: Parameters<typeof planText>[1], dockerfile = text) => {
    const { graph } = planText(dockerfile, options);
    return [graph.sourceDateEpoch, lastRun(graph).env[1]];
  };
  const given = (value: string) => ({ buildArgs: new Map([['SOURCE_DATE_EPOCH', value]]) });

  it('is what an ARG above all stages says, unless a build argument does', () => {
    expect(epochOf({})).toEqual([5, 'SOURCE_DATE_EPOCH=5']);
    expect(epochOf({ ...given('7'), sourceDateEpoch: 7 })).toEqual([7, 'SOURCE_DATE_EPOCH=7']);
    expect(epochOf(given(''))).toEqual([undefined, undefined]);
    expect(epochOf({}, 'FROM scratch\nARG SOURCE_DATE_EPOCH=5\nRUN x')[0]).toBeUndefined();
  });

  it('may be the time of the context, where that has one', () => {
    const fromContext = text.replace('=5', '=context');
    expect(epochOf({ contextEpoch: 9 }, fromContext)).toEqual([9, 'SOURCE_DATE_EPOCH=9']);
    expect(epochOf({ ...given('context'), contextEpoch: 9 })).toEqual([9, 'SOURCE_DATE_EPOCH=9']);
    expect(epochOf(given('context'))).toEqual([undefined, undefined]);
  });

  it('may be the time of a named context; a folder or an image has none', () => {
    const fromContext = text.replace('=5', '=src');
    const context = (value: string) => ({ namedContexts: new Map([['src', value]]) });
    for (const address of ['https://example.com/x.git', 'http://example.com/a.tar'])
      expect(epochOf(context(address), fromContext)).toEqual([
        TIME_OF_SOURCES,
        `SOURCE_DATE_EPOCH=${TIME_OF_SOURCES}`,
      ]);
    for (const value of ['./folder', 'docker-image://busybox', 'docker-image://scratch'])
      expect(epochOf(context(value), fromContext)[0]).toBeUndefined();
  });

  it('may be the time of what a stage of one ADD fetches', () => {
    const stage = (...lines: string[]) =>
      [
        text.replace('=5', '=Src'),
        'FROM scratch AS src',
        ...lines,
        'FROM scratch',
        'ARG SOURCE_DATE_EPOCH',
        'RUN x',
      ].join('\n');
    const add = 'ADD https://example.com/$name /';
    expect(epochOf({}, stage('ARG name=x.git', add))[0]).toBe(TIME_OF_SOURCES);
    expect(epochOf(given('src'), stage('ARG name=x.git', add))[0]).toBe(TIME_OF_SOURCES);
    for (const lines of [
      [add, add],
      ['ADD f /'],
      ['ADD <<E /f', 'x', 'E'],
      ['WORKDIR /x', add],
      [],
    ])
      expect(planRefusal(stage(...lines)), lines.join('\n')).toMatch(
        /^E_ARGUMENTS \d+:\d+ a stage that SOURCE_DATE_EPOCH names is FROM scratch, and ADDs one remote source/,
      );
    const onImage = stage(add).replace('FROM scratch AS src', 'FROM busybox AS src');
    expect(planRefusal(onImage)).toMatch(/^E_ARGUMENTS 5:6 a stage that SOURCE_DATE_EPOCH names/);
  });

  it('is refused where it is nothing that is known, with its place', () => {
    expect(planRefusal(text.replace('=5', '=1.5'))).toBe(
      'E_ARGUMENTS 1:5 SOURCE_DATE_EPOCH=1.5 is neither a whole number nor the name of a stage or a context (It is seconds since 1970, as date +%s prints.)',
    );
    expect(planRefusal(text.replace('=5', '=stage'))).toMatch(
      /^E_ARGUMENTS 1:5 SOURCE_DATE_EPOCH=stage is neither/,
    );
  });
});

describe('build arguments that speak to the builder', () => {
  const text = 'FROM scratch\nRUN --mount=type=cache,target=/c --mount=type=cache,id=i,target=/d x';
  const run = (buildArgs: Record<string, string>) =>
    lastRun(planText(text, { buildArgs: new Map(Object.entries(buildArgs)) }).graph);

  it('name the machine of RUN steps', () => {
    expect(run({}).hostname).toBe('buildkitsandbox');
    expect(run({ BUILDKIT_SANDBOX_HOSTNAME: '' }).hostname).toBe('buildkitsandbox');
    expect(run({ BUILDKIT_SANDBOX_HOSTNAME: 'ci-1.local' }).hostname).toBe('ci-1.local');
    expect(
      planRefusal(text, { buildArgs: new Map([['BUILDKIT_SANDBOX_HOSTNAME', 'a b']]) }),
    ).toMatch(/^E_USAGE nowhere BUILDKIT_SANDBOX_HOSTNAME cannot be "a b"/);
  });

  it('keep the cache mounts of builds apart', () => {
    const ids = (of: RunSpec) => of.mounts.map((mount) => (mount.type === 'cache' ? mount.id : ''));
    expect(ids(run({}))).toEqual(['/c', 'i']);
    expect(ids(run({ BUILDKIT_CACHE_MOUNT_NS: 'ns' }))).toEqual(['ns\0/c', 'ns\0i']);
  });

  it('are no variables of a step unless it declares them', () => {
    expect(run({ BUILDKIT_SANDBOX_HOSTNAME: 'h', BUILDKIT_BUILD_NAME: 'n' }).env).toHaveLength(1);
    expect(
      envOf('FROM scratch\nARG BUILDKIT_BUILD_NAME BUILDKIT_SBOM_SCAN_STAGE\nRUN x', {
        BUILDKIT_BUILD_NAME: 'n',
        BUILDKIT_SBOM_SCAN_STAGE: 'true',
      }),
    ).toEqual(['BUILDKIT_BUILD_NAME=n']);
  });

  it.each([
    ['BUILDKIT_MULTI_PLATFORM', '1', 'E_UNSUPPORTED nowhere the build argument'],
    ['BUILDKIT_MULTI_PLATFORM', 'maybe', 'E_USAGE nowhere BUILDKIT_MULTI_PLATFORM is true or'],
    ['BUILDKIT_MULTI_PLATFORM', 'false', 'fine'],
    ['BUILDKIT_ATTEST_SBOM', 'generator=x', 'E_UNSUPPORTED nowhere the build argument'],
    ['BUILDKIT_ATTEST_PROVENANCE', 'false', 'fine'],
    ['BUILDKIT_DISABLE_FILEOP', 'true', 'E_UNSUPPORTED nowhere the build argument'],
    ['BUILDKIT_SYNTAX', 'docker/dockerfile:1', 'fine'],
    ['BUILDKIT_INLINE_CACHE', '1', 'fine'],
  ])('%s=%s: %s', (name, value, expected) => {
    const refusal = planRefusal(text, { buildArgs: new Map([[name, value]]) });
    expect(refusal.startsWith(expected)).toBe(true);
  });
});

describe('what people read of a step', () => {
  const names = (text: string) =>
    planText(text)
      .graph.vertices.slice(1)
      .map(({ name }) => name);

  it('has the values of variables, and of RUN the quotes and what is not set too', () => {
    const text =
      'FROM scratch\nARG A=1 B="x y"\nWORKDIR /$A/$NO\nCOPY "$B" \'q\' /\nRUN echo "$A" $NO ${NO:=z} \\\n   ${B^^}';
    expect(names(text)).toEqual([
      '[1/3] WORKDIR /1/',
      '[2/3] COPY x y q /',
      '[3/3] RUN echo "$A" $NO ${NO:=z} ${B^^}',
    ]);
    expect(names('FROM scratch\nARG A=1\nRUN echo "$A" $NO ${NO:=z}')).toEqual([
      '[1/1] RUN echo "1" $NO ${NO:=z}',
    ]);
  });

  it('has no values that are likely secrets', () => {
    expect(names('FROM scratch\nARG NPM_TOKEN=hunter2\nRUN login $NPM_TOKEN')).toEqual([
      '[1/1] RUN login ***',
    ]);
  });
});
