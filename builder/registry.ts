// The registries, with the credentials, proxies and trusted certificates of the person who builds.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../core/errors.ts';
import type { ConnectionOptions } from '../image/registry/connections.ts';
import { dockerCredentials, type FindCredentials } from '../image/registry/credentials.ts';
import { openRegistry, type Registry } from '../image/registry/registry.ts';
import type { BuildEnvironment } from './environment.ts';
import { credentialHelper } from './exec/credential-helper.ts';

type Variables = BuildEnvironment['variables'];

/** Opens the registries; nothing is read or connected before the first request. */
export function registriesOf({ variables, signal }: BuildEnvironment): Registry {
  return openRegistry({
    credentials: credentialsOf(variables),
    ...connectionOptions(variables),
    // Plain HTTP is spoken on loopback only.
    insecure: () => false,
    certificates: ['/etc/docker/certs.d', '/etc/containers/certs.d'],
    signal,
  });
}

/** How this person's machine connects to any host: proxies, and authorities to trust besides the system's. */
export function connectionOptions(
  variables: Variables,
): Required<Pick<ConnectionOptions, 'authorities' | 'proxy' | 'insecure'>> {
  return {
    insecure: () => false,
    authorities: ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'].flatMap((name) => variables[name] ?? []),
    proxy: {
      http: variables['http_proxy'] ?? variables['HTTP_PROXY'],
      https: variables['https_proxy'] ?? variables['HTTPS_PROXY'],
      except: variables['no_proxy'] ?? variables['NO_PROXY'],
    },
  };
}

/** `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`; without the file there is nothing to log in with. */
function credentialsOf(variables: Variables): FindCredentials {
  let finder: Promise<FindCredentials> | undefined;
  const open = async (): Promise<FindCredentials> => {
    const folder = variables['DOCKER_CONFIG'] ?? join(variables['HOME'] ?? '/', '.docker');
    const path = join(folder, 'config.json');
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return '{}';
      throw error;
    });
    return dockerCredentials(text, path, credentialHelper(variables));
  };
  return async (registry) => {
    finder ??= open();
    return (await finder)(registry);
  };
}
