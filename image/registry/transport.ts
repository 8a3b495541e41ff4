// HTTP to registries: one request, with its redirects, retries and time limits. A registry may be
// hostile: credentials go to no host but the one that they are for, plain HTTP is spoken only where
// the caller allows it, and no redirect leads from TLS to plain HTTP.

import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { collectChunks } from '../../cache/blob-verify.ts';
import { BuildError } from '../../core/errors.ts';
import { safeUrl } from '../../core/safe-text.ts';
import { type ConnectionOptions, type Connections, openConnections } from './connections.ts';
import { networkError } from './network-error.ts';
import { isTemporary, isTemporaryStatus, retryAfterMs } from './retry.ts';

export interface TransportOptions extends ConnectionOptions {
  /** Hosts that may be spoken to in plain HTTP and with certificates that nobody vouches for, besides those of this machine. */
  readonly insecure: (host: string) => boolean;
  /** Milliseconds before the first retry; each further one waits twice as long. Default 500. */
  readonly retryDelayMs?: number;
  readonly signal?: AbortSignal;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the host of `url` only: a redirect to another one goes without. */
  readonly authorization?: string | undefined;
  /** `open` is called once for each attempt. */
  readonly body?: { readonly size: number; readonly open: () => AsyncIterable<Uint8Array> };
}

export interface HttpResponse {
  readonly status: number;
  /** Where the answer came from in the end. */
  readonly url: URL;
  header(name: string): string | undefined;
  /** To be read to the end, or discarded. Fails with the network's own error. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Reads the body; throws E_REGISTRY where it has more than `maxBytes`. */
  read(maxBytes: number): Promise<Buffer>;
  discard(): Promise<void>;
}

export interface Transport {
  /**
   * Sends the request, again where that may help, and returns the answer, whatever its status.
   * Throws E_REGISTRY_UNREACHABLE, E_REGISTRY_TLS, E_REGISTRY, and what the body's `open` throws.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

const MAX_REDIRECTS = 5;
const MAX_ATTEMPTS = 5;
const DEFAULT_RETRY_MS = 500;

/** True for a host (with or without port) of this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(name);
}

/** Opens the transport; nothing is loaded or connected before the first request. */
export function openTransport(options: TransportOptions): Transport {
  const connections = openConnections(options);
  const { retryDelayMs = DEFAULT_RETRY_MS, signal } = options;
  return {
    async request(request) {
      for (let attempt = 1; ; attempt++) {
        const last = attempt === MAX_ATTEMPTS;
        const outcome = await follow(connections, request, options).catch((error: unknown) => {
          signal?.throwIfAborted();
          if (last || !isTemporary(error)) throw networkError(error, request.url);
          return undefined;
        });
        const wait =
          retryAfterMs(outcome?.header('retry-after')) ?? retryDelayMs * 2 ** (attempt - 1);
        if (outcome !== undefined) {
          if (last || wait === Number.POSITIVE_INFINITY || !isTemporaryStatus(outcome.status))
            return outcome;
          await outcome.discard();
        }
        await sleep(wait, undefined, signal === undefined ? {} : { signal });
      }
    },
    close: () => connections.close(),
  };
}

/** One attempt: the request and its redirects. */
async function follow(
  connections: Connections,
  request: HttpRequest,
  options: TransportOptions,
): Promise<HttpResponse> {
  let { url, authorization } = request;
  for (let redirects = 0; ; redirects++) {
    checkScheme(url, request.url, options);
    const response = await send(connections, { ...request, url, authorization }, options);
    const location = response.header('location');
    if (location === undefined || !isRedirect(response.status, request.method)) return response;
    await response.discard();
    if (redirects === MAX_REDIRECTS) {
      throw new BuildError(
        'E_REGISTRY',
        `${safeUrl(request.url)} redirects more than ${MAX_REDIRECTS} times`,
      );
    }
    const next = redirectTarget(location, url);
    if (next.origin !== url.origin) authorization = undefined;
    url = next;
  }
}

function isRedirect(status: number, method: string): boolean {
  // 303 and the old 301 and 302 turn a request with a body into a GET: no registry means that.
  return (
    [307, 308].includes(status) ||
    ([301, 302, 303].includes(status) && ['GET', 'HEAD'].includes(method))
  );
}

function redirectTarget(location: string, from: URL): URL {
  if (URL.canParse(location, from.href)) return new URL(location, from);
  throw new BuildError('E_REGISTRY', `${safeUrl(from)} redirects to what is no address`);
}

function checkScheme(url: URL, first: URL, options: TransportOptions): void {
  if (url.protocol === 'https:') return;
  const plainAllowed = isLoopback(first.host) || options.insecure(first.host);
  if (url.protocol === 'http:' && first.protocol === 'http:' && plainAllowed) return;
  throw new BuildError('E_REGISTRY_TLS', `${safeUrl(url)} is not reached over TLS`, {
    hint: 'plain HTTP is spoken only to this machine, and to registries that were named as insecure',
  });
}

async function send(
  connections: Connections,
  { method, url, headers, authorization, body }: HttpRequest,
  { signal }: TransportOptions,
): Promise<HttpResponse> {
  const { request, dispatcher } = await connections.for(url);
  const response = await request(url, {
    method,
    dispatcher,
    headers: {
      'user-agent': 'slipway',
      ...headers,
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-length': String(body.size) }),
    },
    ...(body === undefined ? {} : { body: Readable.from(body.open(), { objectMode: false }) }),
    ...(signal === undefined ? {} : { signal }),
  });
  return answer(url, response);
}

function answer(url: URL, response: Dispatcher.ResponseData): HttpResponse {
  return {
    url,
    status: response.statusCode,
    header(name) {
      const value = response.headers[name];
      return typeof value === 'string' ? value : value?.join(', ');
    },
    body: response.body,
    read: (maxBytes) =>
      collectChunks(
        response.body,
        maxBytes,
        () =>
          new BuildError('E_REGISTRY', `${safeUrl(url)} answers with more than ${maxBytes} bytes`),
      ),
    async discard() {
      await response.body.dump({ limit: 64 * 1024 }).catch(() => {});
    },
  };
}
