// A build of the history, and a step of it, by what a person calls them.

import { hexOf } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import type { BuildRecord, StepRecord } from './build-record.ts';
import { listBuilds } from './history-store.ts';

/** The newest build, or the newest whose id begins with `word` or ends with it. Throws E_BUILD_NOT_FOUND. */
export function findBuild(home: string, word: string | undefined): BuildRecord {
  for (const build of listBuilds(home)) {
    if (word === undefined || build.id.startsWith(word) || build.id.endsWith(`-${word}`))
      return build;
  }
  if (word === undefined) {
    throw new BuildError('E_BUILD_NOT_FOUND', 'no build is in the history of this store', {
      hint: 'build something: slipway build keeps why each step was run or reused',
    });
  }
  throw new BuildError('E_BUILD_NOT_FOUND', `there is no build ${JSON.stringify(word)}`, {
    hint: 'slipway why --builds lists those that are kept',
  });
}

/** The fewest digits of a key that are taken for one. */
const KEY_DIGITS = 6;

/**
 * The step of `build` that `word` means: its whole name, its line (`:7`, `Dockerfile:7`), digits of its key, or words of its
 * name. Throws E_BUILD_NOT_FOUND where there is none, E_USAGE where there are several.
 */
export function findStep({ steps }: BuildRecord, word: string): StepRecord {
  const ways: readonly ((step: StepRecord) => boolean)[] = [
    ({ step }) => step === word,
    ({ place }) =>
      place !== undefined &&
      /(?:^|:)\d+$/.test(word) &&
      `:${place}`.endsWith(`:${word.replace(/^:/, '')}`),
    ({ key }) =>
      key !== undefined && word.length >= KEY_DIGITS && hexOf(key).startsWith(word.toLowerCase()),
    ({ step }) => step.includes(word),
    ({ step }) => step.toLowerCase().includes(word.toLowerCase()),
  ];
  for (const way of ways) {
    const [first, ...more] = steps.filter(way);
    if (first === undefined) continue;
    if (more.length === 0) return first;
    const names = [first, ...more].slice(0, 5).map(({ step, place }) => `${place ?? ''} ${step}`);
    throw new BuildError('E_USAGE', `${more.length + 1} steps go by ${JSON.stringify(word)}`, {
      hint: `name one by its line: ${names.join('; ')}`,
    });
  }
  throw new BuildError('E_BUILD_NOT_FOUND', `the build has no step ${JSON.stringify(word)}`, {
    hint: 'a step is named by words of it, or by its line (:7); slipway why lists them',
  });
}
