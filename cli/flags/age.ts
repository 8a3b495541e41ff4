// Lengths of time on the command line.

import { AGE_FORM, readAge } from '../../core/age.ts';
import { BuildError } from '../../core/errors.ts';

/** Returns the milliseconds of an age such as `7d` or `1d12h`. Throws E_USAGE. */
export function parseAge(text: string): number {
  const age = readAge(text);
  if (age !== undefined) return age;
  throw new BuildError('E_USAGE', `${JSON.stringify(text)} is not an age`, { hint: AGE_FORM });
}
