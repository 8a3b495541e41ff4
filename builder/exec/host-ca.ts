// The certificates that this machine trusts, for steps behind a proxy that opens their connections: a bundle in
// memory, and the variables by which programs find it. No file of the image is covered or changed, so that a step
// may install certificates of its own, and none of this is in a layer, the image's config or a key.

import { readFile } from 'node:fs/promises';
import { BuildError } from '../../core/errors.ts';
import type { BuildEnvironment } from '../environment.ts';
import { dataWords } from './data-words.ts';
import type { MountPoint } from './mount-points.ts';

const FOLDER = '/run/host-ca';
const BUNDLE = `${FOLDER}/ca.pem`;
const APT = `${FOLDER}/apt.conf`;
const WGET = `${FOLDER}/wgetrc`;

/** Debian and Alpine, Red Hat, SUSE, BSD-like. */
const PLACES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Where programs look for a bundle; apt and wget only in their settings. */
const VARIABLES: Readonly<Record<string, string>> = {
  SSL_CERT_FILE: BUNDLE,
  CURL_CA_BUNDLE: BUNDLE,
  GIT_SSL_CAINFO: BUNDLE,
  REQUESTS_CA_BUNDLE: BUNDLE,
  PIP_CERT: BUNDLE,
  NODE_EXTRA_CA_CERTS: BUNDLE,
  CARGO_HTTP_CAINFO: BUNDLE,
  AWS_CA_BUNDLE: BUNDLE,
  APT_CONFIG: APT,
  SYSTEM_WGETRC: WGET,
};

/** No machine's bundle comes near this. */
const MAX_BYTES = 16 << 20;

export interface HostCa {
  /** PEM. */
  readonly text: string;
  /** The files that it came from. */
  readonly files: readonly string[];
}

/** Reads the bundle that SSL_CERT_FILE names, or the machine's, and NODE_EXTRA_CA_CERTS after it. Throws E_USAGE. */
export async function readHostCa(variables: BuildEnvironment['variables']): Promise<HostCa> {
  const { SSL_CERT_FILE: own, NODE_EXTRA_CA_CERTS: extra } = variables;
  const found: { path: string; text: string }[] = [];
  for (const path of own ? [own] : PLACES) {
    const text = await readPem(path);
    if (text === undefined) continue;
    found.push({ path, text });
    break;
  }
  const more = extra && (await readPem(extra));
  if (extra && more) found.push({ path: extra, text: more });
  if (found.length === 0) {
    throw new BuildError('E_USAGE', '--host-ca: no certificates were found on this machine', {
      hint: `looked for ${own || PLACES.join(', ')}; SSL_CERT_FILE may name another file`,
    });
  }
  return {
    text: found.map(({ text }) => `${text.trimEnd()}\n`).join(''),
    files: found.map(({ path }) => path),
  };
}

async function readPem(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined || text.length > MAX_BYTES) return undefined;
  return text.includes('-----BEGIN CERTIFICATE-----') ? text : undefined;
}

/** Where it is mounted. */
export const HOST_CA_POINT: MountPoint = { target: FOLDER, kind: 'dir' };

/** The words that put it there. */
export function hostCaWords({ text }: HostCa): string[] {
  return [
    ...['tmpfs', FOLDER, '0', '755'],
    ...dataWords(BUNDLE, text, 0o644),
    ...dataWords(APT, `Acquire::https::CaInfo "${BUNDLE}";\n`, 0o644),
    ...dataWords(WGET, `ca_certificate = ${BUNDLE}\n`, 0o644),
  ];
}

/** The variables, as `NAME=value`, but for those that the step has already. */
export function hostCaEnv(env: readonly string[]): string[] {
  const taken = new Set(env.map((value) => value.slice(0, value.indexOf('='))));
  return Object.entries(VARIABLES).flatMap(([name, value]) =>
    taken.has(name) ? [] : [`${name}=${value}`],
  );
}
