// Logs in to one registry for one purpose: answers its challenge with Basic credentials or with a
// token for exactly the repositories and actions that are needed.
// https://distribution.github.io/distribution/spec/auth/token/ and .../oauth/

import { BuildError } from '../../core/errors.ts';
import { safeUrl } from '../../core/safe-text.ts';
import { JsonReader } from '../json-reader.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { responseError } from './errors.ts';
import { type HttpRequest, isLoopback, type Transport } from './transport.ts';

const MAX_TOKEN_BYTES = 1024 * 1024;

export interface Authorizer {
  /** The header for the next request; undefined before any challenge. */
  current(): string | undefined;
  /**
   * Answers the challenge `header` of a request that was sent with `used`; returns the new header, undefined
   * where there is nothing to answer with. Requests that fail at once share one log-in.
   * Throws E_REGISTRY_AUTH and the transport's errors.
   */
  answer(header: string, used: string | undefined): Promise<string | undefined>;
  readonly loggedIn: boolean;
  /** Everything that must not be shown. */
  readonly secrets: ReadonlySet<string>;
}

export interface AuthorizerOptions {
  readonly transport: Transport;
  /** As in a reference. */
  readonly registry: string;
  /** `repository:<name>:pull,push` and the like. */
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  /** True where plain HTTP to other hosts than this machine is allowed too. */
  readonly insecure: boolean;
}

/** Makes an authorizer that has not logged in yet. */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { credentials } = options;
  const secrets = new Set<string>();
  if (credentials?.kind === 'password') {
    secrets.add(basic(credentials).slice('Basic '.length)).add(credentials.password);
  } else if (credentials !== undefined) secrets.add(credentials.token);
  let header: string | undefined;
  let underWay: Promise<string | undefined> | undefined;
  return {
    secrets,
    loggedIn: credentials !== undefined,
    current: () => header,
    async answer(challenge, used) {
      if (header !== undefined && header !== used) return header;
      underWay ??= logIn(parseChallenges(challenge), options, secrets).finally(() => {
        underWay = undefined;
      });
      header = await underWay;
      if (header !== undefined) secrets.add(header.replace(/^\w+ /, ''));
      return header;
    },
  };
}

async function logIn(
  challenges: readonly Challenge[],
  options: AuthorizerOptions,
  secrets: ReadonlySet<string>,
): Promise<string | undefined> {
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer !== undefined) return `Bearer ${await fetchToken(bearer, options, secrets)}`;
  const { credentials } = options;
  const isBasic = challenges.some(({ scheme }) => scheme === 'basic');
  return isBasic && credentials?.kind === 'password' ? basic(credentials) : undefined;
}

async function fetchToken(
  { parameters }: Challenge,
  options: AuthorizerOptions,
  secrets: ReadonlySet<string>,
): Promise<string> {
  const { transport, registry, credentials } = options;
  const realm = realmUrl(parameters.get('realm') ?? '', options);
  const scopes = new Set([...options.scopes, ...(parameters.get('scope')?.split(' ') ?? [])]);
  const fields = [
    ['service', parameters.get('service') ?? ''],
    ...[...scopes].filter(Boolean).map((scope) => ['scope', scope]),
  ].filter(([, value]) => value !== '') as [string, string][];
  const response = await transport.request(
    credentials?.kind === 'token'
      ? refreshRequest(realm, credentials.token, fields)
      : tokenRequest(realm, credentials, fields),
  );
  if (response.status !== 200) {
    const loggedIn = credentials !== undefined;
    const subject = 'a token';
    // Some token servers answer 400 or 404 to wrong credentials: whatever the status, it is about them.
    const error = await responseError(response, { subject, registry, loggedIn, secrets });
    if (['E_REGISTRY_RATE_LIMIT', 'E_REGISTRY_AUTH'].includes(error.code) || response.status >= 500)
      throw error;
    throw new BuildError('E_REGISTRY_AUTH', error.message, {
      hint: 'the credentials may be wrong or expired',
    });
  }
  const answer = JsonReader.parse(
    await response.read(MAX_TOKEN_BYTES),
    `the token of ${safeUrl(realm)}`,
    'E_REGISTRY_AUTH',
  );
  const token = answer.get('token').absent ? answer.get('access_token') : answer.get('token');
  const text = token.string();
  if (!/^[\x21-\x7e]+$/.test(text)) throw token.error('is not a token');
  return text;
}

function tokenRequest(
  realm: URL,
  credentials: Credentials | undefined,
  fields: readonly [string, string][],
): HttpRequest {
  const url = new URL(realm);
  for (const [name, value] of fields) url.searchParams.append(name, value);
  const authorization = credentials?.kind === 'password' ? basic(credentials) : undefined;
  return { method: 'GET', url, authorization };
}

function refreshRequest(
  realm: URL,
  token: string,
  fields: readonly [string, string][],
): HttpRequest {
  const scope = fields.filter(([name]) => name === 'scope').map(([, value]) => value);
  const form = new URLSearchParams([
    ['grant_type', 'refresh_token'],
    ['refresh_token', token],
    ['client_id', 'slipway'],
    ...fields.filter(([name]) => name !== 'scope'),
    ['scope', scope.join(' ')],
  ]);
  const bytes = Buffer.from(form.toString());
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: {
      size: bytes.byteLength,
      async *open() {
        yield bytes;
      },
    },
  };
}

/** The registry chooses who gets the credentials; TLS is what it cannot choose away. */
function realmUrl(realm: string, { registry, insecure }: AuthorizerOptions): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  const plain =
    url?.protocol === 'http:' && (insecure || (isLoopback(registry) && isLoopback(url.host)));
  if (url !== undefined && (url.protocol === 'https:' || plain)) return url;
  throw new BuildError(
    'E_REGISTRY_AUTH',
    `${registry} names no token server that is reached over TLS`,
  );
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
