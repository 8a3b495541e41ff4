// What is held of the C sources themselves: their form, what static analysis says of them, and the unit tests of the pure
// helpers. The sanitizers and musl have projects of their own, see vitest.config.ts.

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { requiresPrograms } from '../support/requires.ts';
import { NATIVE } from '../support/runner.ts';

const make = (target: string): SpawnSyncReturns<string> =>
  spawnSync('make', ['-s', '-j2', '-C', NATIVE, target], { encoding: 'utf8' });

test('the sources have the form that clang-format gives them', (context) => {
  requiresPrograms(context, 'clang-format');
  expect(make('lint')).toMatchObject({ stderr: '', status: 0 });
});

test.for(['clang', 'gcc', 'cppcheck'])(
  'static analysis by %s finds nothing',
  { timeout: 240_000 },
  (program, context) => {
    requiresPrograms(context, program);
    expect(make(`analyze-${program}`)).toMatchObject({ stderr: '', status: 0 });
  },
);

test('the C unit tests pass', () => {
  const made = make('test');
  expect(made.stderr).toBe('');
  expect(made.stdout.trim().split('\n').sort()).toEqual(
    [
      'creds',
      'deflate',
      'entry',
      'lookups',
      'ownership',
      'path',
      'resolve',
      'seccomp',
      'shell words',
      'user',
      'words',
    ].map((name) => `${name}: ok`),
  );
});
