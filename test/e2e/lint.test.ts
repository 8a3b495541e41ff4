// What a build says of its Dockerfile, and when that ends it.

import { expect, test } from 'vitest';
import { contextOf, type Finished, slipway } from '../support/slipway.ts';
import { tmpDir } from '../support/tmp.ts';

function build(Dockerfile: string, args: readonly string[] = [], more = {}): Finished {
  const context = contextOf({ Dockerfile, a: 'a', ...more });
  return slipway(tmpDir(), ['build', '--progress=json', ...args, context]);
}

function events({ stdout }: Finished): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

/** The codes of the warnings, in order. */
function warnings(finished: Finished): unknown[] {
  return events(finished)
    .filter(({ event }) => event === 'warning')
    .map(({ code }) => code);
}

const SLIPS = 'FROM scratch as base\ncopy a /a\nCMD x\n';

test('a build tells what it finds, and builds', () => {
  const built = build(SLIPS);
  expect(warnings(built)).toEqual([
    'FromAsCasing',
    'ConsistentInstructionCasing',
    'JSONArgsRecommended',
  ]);
  expect(built.status).toBe(0);
});

test('it tells of the stages that the target needs, and nothing that only slipway lints', () => {
  const text = 'FROM scratch AS a\nCMD x\nFROM scratch AS b\nADD a /\nENV a 1\n';
  expect(warnings(build(text))).toEqual(['LegacyKeyValueFormat']);
  expect(warnings(build(text, ['--target', 'a']))).toEqual(['JSONArgsRecommended']);
});

test('it tells of files that the ignore file excludes, although the build fails by it', () => {
  const built = build('FROM scratch\nCOPY a /\n', [], { '.dockerignore': 'a' });
  expect(warnings(built)).toEqual(['CopyIgnoredFile']);
  expect(built.status).toBe(1);
});

test('error=true ends the build before any step, after it has told all', () => {
  const built = build(`# check=error=true\n${SLIPS}`);
  expect(built.status).toBe(1);
  expect(warnings(built)).toHaveLength(3);
  expect(events(built).filter(({ event }) => event === 'step-start')).toEqual([]);
  expect(built.stderr).toContain(
    'findings of these rules are errors here: FromAsCasing, ConsistentInstructionCasing, JSONArgsRecommended',
  );
  expect(built.stderr).toContain('E_LINT');
});

test.each([
  ['nothing is found', '# check=error=true\nFROM scratch\nCOPY a /\n', []],
  ['what is found is skipped', `# check=skip=all;error=true\n${SLIPS}`, []],
  ['the build argument says otherwise', `# check=error=true\n${SLIPS}`, ['skip=all']],
])('error=true does no harm where %s', (_, text, [check]) => {
  const args = check === undefined ? [] : ['--build-arg', `BUILDKIT_DOCKERFILE_CHECK=${check}`];
  expect(build(text, args).status).toBe(0);
});

test('the build argument can end a build too', () => {
  const check = 'BUILDKIT_DOCKERFILE_CHECK=skip=ConsistentInstructionCasing;error=true';
  const built = build(`# check=skip=all\n${SLIPS}`, ['--build-arg', check]);
  expect(warnings(built)).toEqual(['FromAsCasing', 'JSONArgsRecommended']);
  expect(built.status).toBe(1);
});

test('a check that is wrong is refused', () => {
  const inFile = build('# check=skip\nFROM scratch\n');
  expect([inFile.status, inFile.stderr]).toEqual([1, expect.stringContaining('E_DIRECTIVE')]);
  const given = build('FROM scratch\n', ['--build-arg', 'BUILDKIT_DOCKERFILE_CHECK=error=no']);
  expect([given.status, given.stderr]).toEqual([2, expect.stringContaining('E_USAGE')]);
});

test('findings are told although the Dockerfile is wrong', () => {
  const built = build('FROM scratch AS BadStageName\nMAINTAINER me@example.org\nBADCMD\n');
  expect(warnings(built)).toEqual(['StageNameCasing', 'MaintainerDeprecated']);
  expect([built.status, built.stderr]).toEqual([1, expect.stringContaining('BADCMD')]);
});
