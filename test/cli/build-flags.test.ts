import { expect, test } from 'vitest';
import { declareBuildFlags, readBuildFlags } from '../../cli/flags/build-flags.ts';
import { parseWords } from '../../cli/parse-words.ts';
import { thrown } from './thrown.ts';

function parse(words: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseWords('build', 'Build', { declare: declareBuildFlags }, words);
  if (parsed.kind === 'help') throw new Error('help was asked for');
  return readBuildFlags(parsed.command, { env, arch: 'x64', cwd: '/cwd' });
}

const NO_LIMITS = {
  shm: undefined,
  ulimits: [],
  memory: undefined,
  memorySwap: undefined,
  cpuQuota: undefined,
  cpuPeriod: undefined,
  cpuShares: undefined,
  cpusetCpus: undefined,
  cpusetMems: undefined,
  pids: undefined,
  cgroupParent: undefined,
};

const LAYERS = { compression: { type: 'gzip' }, force: false };

test('without flags, the image goes to the local store without a name', () => {
  expect(parse(['.'])).toEqual({
    context: '.',
    file: undefined,
    tags: [],
    outputs: [{ type: 'image', names: [], push: false, layers: LAYERS }],
    target: undefined,
    buildArgs: new Map(),
    namedContexts: new Map(),
    labels: new Map(),
    secrets: new Map(),
    ssh: new Map(),
    allow: new Set(),
    steps: { extraHosts: [], hostCa: false, limits: NO_LIMITS, timeout: undefined },
    platform: { os: 'linux', architecture: 'amd64' },
    network: 'default',
    isolation: 'auto',
    progress: 'auto',
    onError: 'stop',
    noCache: false,
    noCacheStages: [],
    cachePolicy: 'auto',
    explain: false,
    contextModes: 'keep',
    pull: false,
    jobs: undefined,
    sourceDateEpoch: undefined,
    idFile: undefined,
    metadataFile: undefined,
    call: { method: 'build', format: 'text', ignoreStatus: false },
  });
});

test('every flag is read', () => {
  const words = [
    ...['-f', 'a.Dockerfile', '-t', 'app', '-t', 'localhost:5000/app:2', '--target', 'test'],
    ...['--build-arg', 'A=1', '--build-arg', 'B=x=y', '--build-arg', 'A=2', '--label', 'l=v'],
    ...[
      '--label',
      'bare',
      '--secret',
      'id=s,src=s.txt',
      '--ssh',
      'k=a,/b',
      '--allow=network.host',
      '--add-host=db:::1',
      '--memory=64m',
      '--host-ca',
      '--step-timeout=1h30m',
      '--build-context',
      'src=../src',
      '--platform',
      'linux/arm64/v8',
    ],
    ...['--network=none', '--isolation=rootless', '--jobs', '3', '--no-cache', '--pull'],
    ...[
      '--no-cache-filter=a,b',
      '--no-cache-filter',
      'c',
      '--explain',
      '--cache-policy',
      'traced',
      '--cache-ttl=1d',
    ],
    '--context-modes=git',
    ...[
      '--progress=json',
      '--iidfile',
      'id',
      '--metadata-file',
      'meta',
      '-o',
      'out',
      '--load',
      'ctx',
    ],
  ];
  const names = ['docker.io/library/app:latest', 'localhost:5000/app:2'];
  expect(parse(words)).toEqual({
    context: 'ctx',
    file: 'a.Dockerfile',
    tags: names,
    outputs: [
      { type: 'local', dest: 'out' },
      { type: 'image', names, push: false, layers: LAYERS },
    ],
    target: 'test',
    buildArgs: new Map(Object.entries({ A: '2', B: 'x=y' })),
    namedContexts: new Map([['src', '../src']]),
    labels: new Map(Object.entries({ l: 'v', bare: '' })),
    secrets: new Map([['s', { kind: 'file', path: '/cwd/s.txt' }]]),
    ssh: new Map([['k', ['/cwd/a', '/b']]]),
    allow: new Set(['network.host']),
    steps: {
      extraHosts: [{ name: 'db', address: '::1' }],
      hostCa: true,
      limits: { ...NO_LIMITS, memory: 2 ** 26 },
      timeout: 5_400_000,
    },
    platform: { os: 'linux', architecture: 'arm64' },
    network: 'none',
    isolation: 'rootless',
    progress: 'json',
    onError: 'stop',
    noCache: true,
    noCacheStages: ['a', 'b', 'c'],
    cachePolicy: 'traced',
    explain: true,
    cacheTtl: 86_400_000,
    contextModes: 'git',
    pull: true,
    jobs: 3,
    sourceDateEpoch: undefined,
    idFile: 'id',
    metadataFile: 'meta',
    call: { method: 'build', format: 'text', ignoreStatus: false },
  });
});

test('a build argument without a value takes it from the environment, or is left out', () => {
  const { buildArgs } = parse(['--build-arg', 'A', '--build-arg', 'B', '.'], { A: 'here' });
  expect(buildArgs).toEqual(new Map([['A', 'here']]));
});

test('SOURCE_DATE_EPOCH comes from the environment, and a build argument goes before it', () => {
  const env = { SOURCE_DATE_EPOCH: '1700000000' };
  expect(parse(['.'], env)).toMatchObject({
    sourceDateEpoch: 1700000000,
    buildArgs: new Map([['SOURCE_DATE_EPOCH', '1700000000']]),
  });
  const words = ['--build-arg', 'SOURCE_DATE_EPOCH=5', '.'];
  expect(parse(words, env).sourceDateEpoch).toBe(5);
  expect(parse(['--build-arg', 'SOURCE_DATE_EPOCH=', '.'], env).sourceDateEpoch).toBeUndefined();
});

test('--quiet is --progress=quiet', () => {
  expect(parse(['-q', '.']).progress).toBe('quiet');
  expect(parse(['-q', '--progress=quiet', '.']).progress).toBe('quiet');
});

test('--push pushes under the names given by -t', () => {
  expect(parse(['-t', 'localhost:5000/a', '--push', '.']).outputs).toEqual([
    { type: 'image', names: ['localhost:5000/a:latest'], push: true, layers: LAYERS },
  ]);
});

test('-f - needs no context', () => {
  expect(parse(['-f', '-'])).toMatchObject({ file: '-', context: undefined });
});

test.each([
  [[], 'slipway build needs a context\n = hint: slipway build . takes the current folder'],
  [['a', 'b'], 'too many arguments'],
  [['-f', '-', '-'], 'context and Dockerfile cannot both be standard input'],
  [['--taget', 'x', '.'], 'slipway build has no flag --taget\n = hint: did you mean --target?'],
  [['--xyzzy', '.'], 'slipway build has no flag --xyzzy\n = hint: see slipway build --help'],
  [['-z', '.'], 'slipway build has no flag -z\n'],
  [['-t'], "option '-t, --tag <name>' argument missing"],
  [['--progress=rawjson', '.'], "option '--progress <form>' argument 'rawjson' is invalid"],
  [['--network=bridge', '.'], '= hint: it is one of default, none, host'],
  [['--jobs', '0', '.'], '--jobs 0 is not a number from 1 to 9999'],
  [['--jobs', '-1', '.'], '--jobs -1 is not a number from 1 to 9999'],
  [['-q', '--progress=plain', '.'], '--quiet and --progress=plain exclude each other'],
  [['--build-arg', '=x', '.'], '--build-arg "=x": the name is empty'],
  [['--ssh', '=x', '.'], '--ssh "=x": it has no id'],
  [['--ssh', 'a=x', '--ssh', 'a=y', '.'], '--ssh "a=y": the id is given twice'],
  [['--ssh', 'a=x,raw=true', '.'], '--ssh "a=x,raw=true": raw= is not supported'],
  [['--build-context', 'x', '.'], '--build-context x has no value'],
  [['--build-context', 'x=', '.'], '--build-context x has no value'],
  [['-o', '-', '-o', 'type=oci', '.'], 'two outputs go to standard output'],
  [['--push', '.'], '-o "type=registry": an image to push needs a name'],
  [['--build-arg', 'SOURCE_DATE_EPOCH=1.5', '.'], 'SOURCE_DATE_EPOCH=1.5 is not a whole number'],
  [['-t', `a@sha256:${'0'.repeat(64)}`, '.'], 'a name that is given holds no digest'],
])('%j is wrong usage', (words, message) => {
  expect(thrown(() => parse(words))).toMatch(/^error\[E_USAGE\]: /);
  expect(thrown(() => parse(words))).toContain(message);
});

test('a context for a platform that is none is refused', () => {
  expect(thrown(() => parse(['--build-context', 'x::bogus=y', '.']))).toContain(
    'E_PLATFORM_INVALID',
  );
});

test.each([
  ['--cache-from', 'a cache that several machines share is not there yet'],
  ['--provenance', 'attestations are not made: images are plain manifests'],
  ['--rm', 'it has no effect in BuildKit either: leave it out'],
])('%s, which other builders have, is refused with what to do instead', (flag, hint) => {
  for (const words of [
    [flag, 'x', '.'],
    [`${flag}=x`, '.'],
  ]) {
    expect(thrown(() => parse(words))).toBe(
      `error[E_USAGE]: slipway build has no flag ${flag}\n = hint: ${hint}\n`,
    );
  }
});

test.each([
  ['linux/amd64,linux/arm64', 'one build makes one platform'],
  ['windows/amd64', 'only Linux images are built'],
])('--platform %s is not supported: %s', (platform, why) => {
  expect(thrown(() => parse(['--platform', platform, '.']))).toContain(
    `error[E_UNSUPPORTED]: --platform ${platform}: ${why}\n`,
  );
});

test.each([
  ['--cache-ttl=soon', '"soon" is not an age'],
  ['--no-cache-filter=a,,b', '--no-cache-filter "a,,b" names no stage'],
])('%s is refused', (flag, message) => {
  expect(() => parse([flag, '.'])).toThrow(expect.objectContaining({ code: 'E_USAGE', message }));
});

test("the environment's proxies are build arguments, unless one is given in either case", () => {
  const env = {
    http_proxy: 'http://a',
    HTTP_PROXY: 'http://b',
    HTTPS_PROXY: 'http://c',
    no_proxy: '',
  };
  expect([...parse(['.'], env).buildArgs]).toEqual([
    ['http_proxy', 'http://a'],
    ['https_proxy', 'http://c'],
  ]);
  const given = parse(['--build-arg', 'HTTP_PROXY=', '--build-arg', 'https_proxy=d', '.'], env);
  expect([...given.buildArgs]).toEqual([
    ['HTTP_PROXY', ''],
    ['https_proxy', 'd'],
  ]);
});
