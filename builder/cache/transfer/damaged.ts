// The error for an exported cache that contradicts itself.

import { BuildError } from '../../../core/errors.ts';

/** `why` goes on after a colon. */
export function damaged(place: string, why: string): BuildError {
  return new BuildError('E_CACHE_ARCHIVE', `${place} is damaged: ${why}`, {
    hint: 'export it again',
  });
}
