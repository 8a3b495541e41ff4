// What kind of failure of the network an error tells of.

import { errnoOf } from '../../core/errors.ts';

/**
 * Returns the errno, or undici's own code, of `error`; undefined for what is no failure of the network. An answer that is no
 * HTTP is one, though undici gives it no code.
 */
export function networkCode(error: unknown): string | undefined {
  const isNoHttp = error instanceof Error && error.name === 'HTTPParserError';
  return errnoOf(error) ?? (isNoHttp ? 'HPE' : undefined);
}
