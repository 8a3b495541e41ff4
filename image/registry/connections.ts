// Connections to hosts: proxies, time limits, and whom TLS trusts. undici is loaded here, at the
// first request: a build that needs no registry does not pay for it.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type undici from 'undici';
import type { Dispatcher } from 'undici';
import { errnoOf } from '../../core/errors.ts';

export interface ConnectionOptions {
  /** Proxies as their environment variables say; the caller reads those. */
  readonly proxy?: {
    readonly http?: string | undefined;
    readonly https?: string | undefined;
    /** Hosts without proxy, separated by commas. */
    readonly except?: string | undefined;
  };
  /** Folders that hold, for a registry, `<host[:port]>/*.crt`: authorities to trust besides the system's, as Docker has them. */
  readonly certificates?: readonly string[];
  /** Files of authorities to trust besides the system's, whatever the host. One that is not there counts as empty. */
  readonly authorities?: readonly string[];
  readonly insecure: (host: string) => boolean;
  /** Milliseconds for which a host may be silent. Default 60 000. */
  readonly timeoutMs?: number;
}

export interface Connections {
  for(
    url: URL,
  ): Promise<{ readonly request: typeof undici.request; readonly dispatcher: Dispatcher }>;
  close(): Promise<void>;
}

const CONNECT_MS = 15_000;
const SILENCE_MS = 60_000;
const LOOPBACK = 'localhost,127.0.0.1,::1';

// Where systems keep the authorities that they trust. Node's own list knows none that a company added.
// https://go.dev/src/crypto/x509/root_linux.go
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** One dispatcher for each host, made when it is first needed. */
export function openConnections(options: ConnectionOptions): Connections {
  const dispatchers = new Map<string, Promise<Dispatcher>>();
  return {
    async for(url) {
      // The default export is what bundled and unbundled code both find.
      const { default: undici } = await import('undici');
      let dispatcher = dispatchers.get(url.host);
      if (dispatcher === undefined) {
        dispatcher = openDispatcher(undici, url.host, options);
        dispatchers.set(url.host, dispatcher);
      }
      return { request: undici.request, dispatcher: await dispatcher };
    },
    async close() {
      const opened = await Promise.allSettled(dispatchers.values());
      for (const dispatcher of opened) {
        if (dispatcher.status === 'fulfilled') await dispatcher.value.destroy();
      }
    },
  };
}

async function openDispatcher(
  { Agent, EnvHttpProxyAgent }: typeof undici,
  host: string,
  options: ConnectionOptions,
): Promise<Dispatcher> {
  const tls = {
    timeout: CONNECT_MS,
    secureContext: await trustFor(host, options),
    rejectUnauthorized: !options.insecure(host),
  };
  const { timeoutMs = SILENCE_MS, proxy } = options;
  const limits = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
  if (!proxy?.http && !proxy?.https) return new Agent({ ...limits, connect: tls });
  return new EnvHttpProxyAgent({
    ...limits,
    connect: tls,
    requestTls: tls,
    // Never undefined: undici would read the environment by itself.
    httpProxy: proxy.http ?? '',
    httpsProxy: proxy.https ?? '',
    noProxy: [LOOPBACK, proxy.except].filter(Boolean).join(','),
  });
}

async function trustFor(
  host: string,
  { certificates = [], authorities = [] }: ConnectionOptions,
): Promise<SecureContext> {
  const files = [...authorities];
  for (const folder of certificates) files.push(...(await certificateFiles(join(folder, host))));
  const texts = await Promise.all(
    files.map((file) => readFile(file, 'utf8').catch(undefinedWhereAbsent)),
  );
  const extra = texts.filter((text) => text !== undefined);
  return createSecureContext({ ca: [...(await systemAuthorities()), ...extra] });
}

async function systemAuthorities(): Promise<readonly string[]> {
  for (const path of SYSTEM_BUNDLES) {
    const text = await readFile(path, 'utf8').catch(undefinedWhereAbsent);
    if (text !== undefined) return [text];
  }
  return rootCertificates;
}

async function certificateFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(undefinedWhereAbsent)) ?? [];
  const certificates = names.filter((name) => name.endsWith('.crt')).sort();
  return certificates.map((name) => join(folder, name));
}

function undefinedWhereAbsent(error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
  throw error;
}
