// What a registry's refusal means, in words. Its text is shown, since it often says the reason, but it
// is a stranger's: cut, without control characters, and with our own secrets taken out.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes

import { BuildError } from '../../core/errors.ts';
import { safeText, safeUrl } from '../../core/safe-text.ts';
import type { HttpResponse } from './transport.ts';

const MAX_ERROR_BYTES = 64 * 1024;

export interface FailedRequest {
  /** What was asked for, as people read it: `docker.io/library/debian:12`, `blob sha256:...`. */
  readonly subject: string;
  /** The registry, as in a reference. */
  readonly registry: string;
  readonly loggedIn: boolean;
  /** Passwords and tokens that the answer could repeat. */
  readonly secrets: Iterable<string>;
}

/** Reads the answer's body and returns the error that it means. */
export async function responseError(
  response: HttpResponse,
  { subject, registry, loggedIn, secrets }: FailedRequest,
): Promise<BuildError> {
  const said = redact(await readMessage(response), secrets);
  const detail = said === '' ? `HTTP status ${response.status}` : said;
  const what = safeText(subject);
  const host = safeText(registry);
  switch (response.status) {
    case 401:
    case 403:
      return new BuildError('E_REGISTRY_AUTH', `${host} refuses access to ${what}: ${detail}`, {
        hint: loggedIn
          ? 'the credentials are wrong, or do not allow this; or there is no such repository'
          : `log in first (docker login ${host}); or there is no such repository`,
      });
    case 404:
      return new BuildError('E_IMAGE_NOT_FOUND', `${host} has no ${what}: ${detail}`, {
        hint: 'check the spelling of the name and the tag',
      });
    case 429:
      return new BuildError('E_REGISTRY_RATE_LIMIT', `${host} refuses ${what} for now: ${detail}`, {
        hint: retryHint(response, loggedIn),
      });
    default:
      return new BuildError(
        'E_REGISTRY',
        `${safeUrl(response.url)} answers ${response.status} to the request for ${what}: ${detail}`,
      );
  }
}

/** Returns `text` as one printable line without any of `secrets`. */
export function redact(text: string, secrets: Iterable<string>): string {
  let clean = text;
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  return safeText(clean);
}

async function readMessage(response: HttpResponse): Promise<string> {
  let text: string;
  try {
    text = (await response.read(MAX_ERROR_BYTES)).toString('utf8');
  } catch {
    // The status alone must do.
    return '';
  }
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] };
    const first = errors?.[0];
    return [first?.code, first?.message].filter((part) => typeof part === 'string').join(': ');
  } catch {
    return text.trimStart().startsWith('<') ? '' : text;
  }
}

function retryHint(response: HttpResponse, loggedIn: boolean): string {
  const seconds = response.header('retry-after');
  const later = seconds === undefined ? 'later' : `in ${safeText(seconds, 40)} seconds`;
  return loggedIn ? `try again ${later}` : `try again ${later}, or log in for a higher limit`;
}
