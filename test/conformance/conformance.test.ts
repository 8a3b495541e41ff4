// Every case of cases/, built by slipway and held against what BuildKit made of it, in expected/. All
// builds share one store and run in this process, some at once.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dispatch } from '../../cli/dispatch.ts';
import { isBuildError } from '../../core/errors.ts';
import { hasProgram, requires } from '../support/requires.ts';
import { type BaseImage, makeBases, SOURCES } from './bases.ts';
import { type Case, parseCases } from './case-file.ts';
import { describeImage, readImage } from './describe-image.ts';
import { parseExpected, REFUSED, timedPaths } from './expected-file.ts';
import { flagsIn, layOut } from './lay-out.ts';

const IS_ROOT = process.getuid?.() === 0;

let work: string;
let bases: readonly BaseImage[] = [];

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'slipway-conformance-'));
  if (IS_ROOT && hasProgram('busybox'))
    bases = await makeBases(SOURCES, join(work, 'bases'), slipway);
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.each(readdirSync(join(SOURCES, 'cases')))('%s', (file) => {
  const cases = parseCases(readFileSync(join(SOURCES, 'cases', file), 'utf8'));
  const expected = parseExpected(readFileSync(join(SOURCES, 'expected', file), 'utf8'));

  test.concurrent.for(cases)('$name', async (each, context) => {
    requires(context, IS_ROOT, 'root');
    requires(context, hasProgram('busybox'), 'the program busybox');
    const wanted = expected.get(each.name) ?? [];
    context
      .expect(await resultOf(each, join(work, file, String(cases.indexOf(each))), wanted))
      .toEqual(wanted);
  });

  test('has a result of the reference for each case, and for no other', () => {
    expect([...expected.keys()]).toEqual(cases.map(({ name }) => name));
  });
});

async function resultOf(
  each: Case,
  folder: string,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const layout = join(folder, 'layout');
  const context = join(folder, 'context');
  layOut(each, context);
  try {
    await slipway(
      [
        'build',
        '--no-cache',
        '-o',
        `type=oci,tar=false,dest=${layout}`,
        ...flagsIn(each, context),
        '.',
      ],
      context,
    );
  } catch (error) {
    if (!isBuildError(error)) throw error;
    return error.code === each.refused ? [REFUSED] : [`${error.code}: ${error.message}`];
  }
  return describeImage(readImage(layout), bases, timedPaths(wanted));
}

/** Runs a command of the program in this process. */
async function slipway(words: readonly string[], cwd = work): Promise<void> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  await dispatch(words, {
    env: { PATH: process.env['PATH'], SLIPWAY_HOME: join(work, 'home'), HOME: work },
    cwd,
    platform: process.platform,
    arch: process.arch,
    stdin: Readable.from([]),
    stdout: silent,
    stderr: silent,
    signal: new AbortController().signal,
  });
}
