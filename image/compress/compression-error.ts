// What is wrong with compressed data.

import { BuildError } from '../../core/errors.ts';

/** An E_LAYER_INVALID that says why. */
export function damaged(why: string, cause?: unknown): BuildError {
  return new BuildError('E_LAYER_INVALID', `the compressed data is damaged: ${why}`, { cause });
}
