// Errors of sockets, name servers and TLS, in words.

import { BuildError, isBuildError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';
import { networkCode } from './network-code.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'it broke the connection',
  UND_ERR_SOCKET: 'it broke the connection',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no network',
  ETIMEDOUT: 'it does not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it stopped sending',
  HPE: 'what it answers is no HTTP',
};

/** True where the other side does not speak TLS at all. */
export function isPlainHttp(error: unknown): boolean {
  const text = error instanceof Error ? error.message : '';
  return /wrong version number|packet length too long|http request/i.test(text);
}

/**
 * Returns the BuildError for a failure to talk to the host of `url`: E_REGISTRY_TLS or E_REGISTRY_UNREACHABLE. What has
 * no code is no failure of the network (the sender's own error, or a defect) and is returned as it is.
 */
export function networkError(error: unknown, url: URL): unknown {
  const code = networkCode(error);
  if (code === undefined || isBuildError(error)) return error;
  const host = safeText(url.host);
  if (isPlainHttp(error)) {
    return new BuildError('E_REGISTRY_TLS', `${host} does not speak TLS`, {
      cause: error,
      hint: 'if it is meant to be reached over plain HTTP, name it as an insecure registry',
    });
  }
  if (/CERT|SELF_SIGNED|ISSUER|ERR_TLS|ERR_SSL|^EPROTO$|UNABLE_TO_VERIFY/.test(code)) {
    return new BuildError(
      'E_REGISTRY_TLS',
      `the certificate of ${host} is not trusted: ${reasonOf(error)}`,
      {
        cause: error,
        hint: `put the authority that signed it into /etc/docker/certs.d/${host}/ca.crt, or name its file in NODE_EXTRA_CA_CERTS`,
      },
    );
  }
  const reason = REASONS[code] ?? reasonOf(error);
  return new BuildError('E_REGISTRY_UNREACHABLE', `${host} cannot be reached: ${reason}`, {
    cause: error,
    hint: 'check the network, the proxy settings and the name of the registry',
  });
}

function reasonOf(error: unknown): string {
  return safeText(error instanceof Error ? error.message || error.name : String(error));
}
