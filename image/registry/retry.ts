// What is worth another try, and when.

import { errnoOf } from '../../core/errors.ts';

// Not the time limits for connecting and for the first byte: whoever has waited for those once has waited enough.
const TEMPORARY_ERRORS: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_BODY_TIMEOUT',
]);

const TEMPORARY_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** A registry that asks for more patience than this is answered with an error. */
const MAX_WAIT_MS = 60_000;

/** True for an error of the network that may be gone at the next try. */
export function isTemporary(error: unknown): boolean {
  return TEMPORARY_ERRORS.has(errnoOf(error) ?? '');
}

/** True for an answer that may be another one at the next try. */
export function isTemporaryStatus(status: number): boolean {
  return TEMPORARY_STATUSES.has(status);
}

/** Milliseconds that a Retry-After header in seconds asks to wait for, Infinity where that is too long; undefined where it says nothing. */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^[0-9]{1,9}$/.test(header)) return undefined;
  const wait = Number(header) * 1000;
  return wait > MAX_WAIT_MS ? Number.POSITIVE_INFINITY : wait;
}
