// Rules look on past what a build would end at.

import { isBuildError } from '../../core/errors.ts';

/** Returns what `work` returns, or undefined where it throws a BuildError. */
export function unlessBuildError<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isBuildError(error)) return undefined;
    throw error;
  }
}
