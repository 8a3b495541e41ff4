// Names that images get: `-t`, `name=` of an output, `slipway tag`.

import { BuildError } from '../../core/errors.ts';
import { formatReference, parseReference } from '../../image/reference.ts';

/** Returns a name in its canonical form. Throws E_REFERENCE_INVALID, and E_USAGE, naming `flag`, for a name with a digest. */
export function parseImageName(text: string, flag: string): string {
  const reference = parseReference(text);
  if (reference.digest !== undefined) {
    throw new BuildError('E_USAGE', `${flag} ${text}: a name that is given holds no digest`, {
      hint: 'leave out what follows the @',
    });
  }
  return formatReference(reference);
}
