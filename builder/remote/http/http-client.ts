// GET of files that a Dockerfile or the command line names: one request with its redirects and retries.
// The server may be hostile. Credentials go to the origin that they are for and to no other, no redirect
// leads from TLS to plain HTTP, and no message shows a user, a password or a query: signed addresses
// carry their secret there.

import { STATUS_CODES } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { BuildError, isBuildError } from '../../../core/errors.ts';
import { safeText, safeUrl } from '../../../core/safe-text.ts';
import { credentialsIn } from '../../../core/url-parts.ts';
import { type ConnectionOptions, openConnections } from '../../../image/registry/connections.ts';
import { networkCode } from '../../../image/registry/network-code.ts';
import { isTemporary, isTemporaryStatus, retryAfterMs } from '../../../image/registry/retry.ts';

export interface HttpClientOptions extends ConnectionOptions {
  readonly signal: AbortSignal;
  /** Milliseconds before the first retry; each further one waits twice as long. Default 500. */
  readonly retryDelayMs?: number;
}

export interface HttpGet {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** For the origin of `url` only. */
  readonly authorization: string | undefined;
}

export interface HttpAnswer {
  /** 200, 206 or 304. */
  readonly status: number;
  header(name: string): string | undefined;
  /** To be read to the end, or discarded. Fails with the network's own error. */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): Promise<void>;
}

export interface HttpClient {
  /** Throws E_FETCH where the server cannot be reached or answers anything but 200, 206 and 304. */
  get(request: HttpGet): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** As many as Go's client follows, which is the reference's. */
const MAX_REDIRECTS = 10;
const MAX_ATTEMPTS = 5;
const RETRY_MS = 500;

/** Opens a client; nothing is loaded or connected before the first request. */
export function openHttpClient(options: HttpClientOptions): HttpClient {
  const connections = openConnections(options);
  const { signal, retryDelayMs = RETRY_MS } = options;

  const send = async ({ url, headers, authorization }: HttpGet): Promise<HttpAnswer> => {
    const { request, dispatcher } = await connections.for(url);
    const response = await request(url, {
      method: 'GET',
      dispatcher,
      signal,
      headers: {
        'user-agent': 'slipway',
        // What is stored is the file, not a form of it that was made for the way.
        'accept-encoding': 'identity',
        ...headers,
        ...(authorization === undefined ? {} : { authorization }),
      },
    });
    return {
      status: response.statusCode,
      header(name) {
        const value = response.headers[name];
        return typeof value === 'string' ? value : value?.join(', ');
      },
      body: response.body,
      async discard() {
        await response.body.dump({ limit: 64 * 1024 }).catch(() => {});
      },
    };
  };

  return {
    async get(request) {
      for (let attempt = 1; ; attempt++) {
        const last = attempt === MAX_ATTEMPTS;
        const answer = await follow(send, request).catch((error: unknown) => {
          signal.throwIfAborted();
          if (last || !isTemporary(error)) throw fetchError(error, request.url);
          return undefined;
        });
        if (answer !== undefined && [200, 206, 304].includes(answer.status)) return answer;
        const pause = retryDelayMs * 2 ** (attempt - 1);
        const wait = retryAfterMs(answer?.header('retry-after')) ?? pause;
        await answer?.discard();
        const again =
          !last && wait !== Number.POSITIVE_INFINITY && isTemporaryStatus(answer?.status ?? 503);
        if (!again && answer !== undefined) throw refused(answer.status, request.url);
        await sleep(wait, undefined, { signal });
      }
    },
    close: () => connections.close(),
  };
}

/** One attempt: the request and its redirects. */
async function follow(
  send: (request: HttpGet) => Promise<HttpAnswer>,
  first: HttpGet,
): Promise<HttpAnswer> {
  let { url, authorization } = first;
  for (let redirects = 0; ; redirects++) {
    const answer = await send({ ...first, url, authorization: authorization ?? basic(url) });
    const location = answer.header('location');
    if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.status)) return answer;
    await answer.discard();
    if (redirects === MAX_REDIRECTS) {
      throw failed(first.url, `it redirects more than ${MAX_REDIRECTS} times`);
    }
    const next = redirectTarget(location, url);
    if (next.origin !== url.origin) authorization = undefined;
    url = next;
  }
}

function redirectTarget(location: string, from: URL): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined || !/^https?:$/.test(to.protocol)) {
    throw failed(from, 'it redirects to what is no http address');
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw failed(
      from,
      `it redirects from https to ${safeUrl(to)}, which anybody on the way could change`,
      'give that address itself, with --checksum, if it is meant',
    );
  }
  return to;
}

/** The user and password that an address has in it. */
function basic(url: URL): string | undefined {
  const pair = credentialsIn(url);
  return pair && `Basic ${Buffer.from(pair).toString('base64')}`;
}

function refused(status: number, url: URL): BuildError {
  const reason = STATUS_CODES[status];
  const { hostname } = url;
  const hint =
    status === 401 || status === 403
      ? `log in with a secret: --secret id=HTTP_AUTH_TOKEN_${hostname},src=FILE`
      : undefined;
  return failed(url, `it answers ${status}${reason === undefined ? '' : ` ${reason}`}`, hint);
}

/** The BuildError for a failure of the network; what is none (a defect, or another's BuildError) stays as it is. */
export function fetchError(error: unknown, url: URL): unknown {
  const code = networkCode(error);
  if (code === undefined || isBuildError(error)) return error;
  const reason = REASONS[code] ?? safeText(error instanceof Error ? error.message || code : code);
  const hint = /CERT|SELF_SIGNED|ISSUER|ERR_TLS|ERR_SSL|^EPROTO$|UNABLE_TO_VERIFY/.test(code)
    ? 'name the file of an authority that signed its certificate in NODE_EXTRA_CA_CERTS'
    : 'check the network and the proxy settings';
  return failed(url, reason, hint, error);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its host is not known',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'its host refuses connections',
  ECONNRESET: 'its host broke the connection',
  UND_ERR_SOCKET: 'its host broke the connection',
  UND_ERR_CONNECT_TIMEOUT: 'its host does not answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'its host does not answer in time',
  UND_ERR_BODY_TIMEOUT: 'its host stopped sending',
  HPE: 'what its host answers is no HTTP',
};

/** An E_FETCH for `url`. */
export function failed(url: URL, why: string, hint?: string, cause?: unknown): BuildError {
  return new BuildError('E_FETCH', `${safeUrl(url)} cannot be fetched: ${why}`, { hint, cause });
}
