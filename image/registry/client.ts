// One repository of one registry, for one purpose (pull or push): requests below /v2/<repository>/,
// logged in where that is asked for, answers checked.

import { isBuildError } from '../../core/errors.ts';
import { type Authorizer, createAuthorizer } from './auth.ts';
import type { FindCredentials } from './credentials.ts';
import { type FailedRequest, responseError } from './errors.ts';
import { isPlainHttp } from './network-error.ts';
import { type HttpRequest, type HttpResponse, isLoopback, type Transport } from './transport.ts';

export interface ClientOptions {
  readonly transport: Transport;
  readonly registry: string;
  readonly repository: string;
  readonly actions: 'pull' | 'pull,push';
  /** Repositories of the same registry from which blobs are mounted. */
  readonly alsoPull?: readonly string[];
  readonly credentials: FindCredentials;
  readonly insecure: (host: string) => boolean;
}

export interface ClientRequest extends Omit<HttpRequest, 'url' | 'authorization'> {
  /** Below the repository, `manifests/latest`; or a whole address that the registry gave. */
  readonly target: string | URL;
}

export interface RepositoryClient {
  readonly registry: string;
  readonly repository: string;
  /** Sends the request, logging in on demand. Returns the answer whatever its status; 401 means that logging in did not help. */
  send(request: ClientRequest): Promise<HttpResponse>;
  /** The error for an answer that is not what was asked for; `subject` is what that was. */
  failure(response: HttpResponse, subject: string): Promise<Error>;
}

/** Opens the repository. Throws the transport's errors where the registry cannot be reached. */
export async function openRepository(options: ClientOptions): Promise<RepositoryClient> {
  const { transport, registry, repository } = options;
  const base = await baseUrl(options);
  const auth = createAuthorizer({
    transport,
    registry,
    scopes: [
      `repository:${repository}:${options.actions}`,
      ...(options.alsoPull ?? []).map((other) => `repository:${other}:pull`),
    ],
    credentials: await options.credentials(registry),
    insecure: options.insecure(registry),
  });
  return {
    registry,
    repository,
    async send({ target, ...request }) {
      const url = typeof target === 'string' ? new URL(`${repository}/${target}`, base) : target;
      return await sendAuthorized(transport, auth, { ...request, url }, base);
    },
    failure(response, subject) {
      const { loggedIn, secrets } = auth;
      const failed: FailedRequest = { subject, registry, loggedIn, secrets };
      return responseError(response, failed);
    },
  };
}

async function sendAuthorized(
  transport: Transport,
  auth: Authorizer,
  request: HttpRequest,
  base: URL,
): Promise<HttpResponse> {
  // An upload may go to another host, by an address that is a permission in itself.
  if (request.url.origin !== base.origin) return await transport.request(request);
  const used = auth.current();
  const response = await transport.request({ ...request, authorization: used });
  const challenge = response.header('www-authenticate');
  // A redirect's host may challenge too: it is not the one that our credentials are for.
  if (response.status !== 401 || challenge === undefined || response.url.origin !== base.origin)
    return response;
  const authorization = await auth.answer(challenge, used);
  if (authorization === undefined) return response;
  await response.discard();
  return await transport.request({ ...request, authorization });
}

/** TLS, unless this is a registry that may do without and does. */
async function baseUrl({ transport, registry, insecure }: ClientOptions): Promise<URL> {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const url = new URL(`https://${host}/v2/`);
  if (!isLoopback(registry) && !insecure(registry)) return url;
  try {
    await (await transport.request({ method: 'GET', url })).discard();
    return url;
  } catch (error) {
    if (isBuildError(error) && isPlainHttp(error.cause)) return new URL(`http://${host}/v2/`);
    throw error;
  }
}
