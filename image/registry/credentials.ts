// Credentials as Docker's config.json has them. Nothing here runs a program or reads a file: the
// caller gives the text and a way to run a helper.
// https://docs.docker.com/reference/cli/docker/login/#credential-stores

import { BuildError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';
import { JsonReader } from '../json-reader.ts';

export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token. */
  | { readonly kind: 'token'; readonly token: string };

/** Finds what to log in to a registry with (its name as in a reference); undefined where there is nothing. */
export type FindCredentials = (registry: string) => Promise<Credentials | undefined>;

/** Runs `program` with the one argument `get` and `input` on its standard input. */
export type RunHelper = (
  program: string,
  input: string,
) => Promise<{ readonly status: number; readonly stdout: string }>;

const DOCKER_HUB = 'https://index.docker.io/v1/';

/**
 * Returns a finder over the text of a config.json (`path` names it in errors). A helper for the registry is
 * asked first, then the common store, then the file itself. The finder throws E_REGISTRY_AUTH
 * where the file or a helper's answer is malformed.
 */
export function dockerCredentials(
  text: string,
  path: string,
  runHelper: RunHelper,
): FindCredentials {
  return async (registry) => {
    const config = JsonReader.parse(Buffer.from(text), safeText(path), 'E_REGISTRY_AUTH');
    const server = registry === 'docker.io' ? DOCKER_HUB : registry;
    const helpers = config.get('credHelpers').entries();
    const own = helpers.find(([key]) => sameServer(key, server))?.[1];
    const helper = own ?? (config.get('credsStore').absent ? undefined : config.get('credsStore'));
    const name = helper?.string() ?? '';
    if (helper !== undefined && name !== '') {
      if (!/^[\w.-]+$/.test(name)) throw helper.error('is not the name of a helper');
      const found = await askHelper(`docker-credential-${name}`, server, runHelper);
      if (found !== undefined) return found;
    }
    const entry = config
      .get('auths')
      .entries()
      .find(([key]) => sameServer(key, server))?.[1];
    return entry === undefined ? undefined : fromEntry(entry);
  };
}

/** Keys are written in many ways: `host`, `https://host`, `https://host/v1/`. */
function sameServer(key: string, server: string): boolean {
  const host = (text: string): string =>
    text
      .replace(/^https?:\/\//, '')
      .replace(/\/.*$/, '')
      .replace(/^(?:registry-1\.|index\.)?docker\.io$/, 'docker.io');
  return host(key) === host(server);
}

function fromEntry(entry: JsonReader): Credentials | undefined {
  const member = (key: string): string => (entry.get(key).absent ? '' : entry.get(key).string());
  const token = member('identitytoken');
  if (token !== '') return { kind: 'token', token };
  const auth = member('auth');
  if (auth === '') {
    const [username, password] = [member('username'), member('password')];
    return username === '' ? undefined : { kind: 'password', username, password };
  }
  const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = decoded.indexOf(':');
  if (colon < 1) throw entry.get('auth').error('is not user:password in base64');
  return {
    kind: 'password',
    username: decoded.slice(0, colon),
    password: decoded.slice(colon + 1),
  };
}

/** https://github.com/docker/docker-credential-helpers#development */
async function askHelper(
  program: string,
  server: string,
  runHelper: RunHelper,
): Promise<Credentials | undefined> {
  const { status, stdout } = await runHelper(program, server);
  if (status !== 0) {
    if (/credentials not found/i.test(stdout)) return undefined;
    throw new BuildError(
      'E_REGISTRY_AUTH',
      `${program} failed: ${safeText(stdout) || `exit status ${status}`}`,
    );
  }
  const answer = JsonReader.parse(
    Buffer.from(stdout),
    `the answer of ${program}`,
    'E_REGISTRY_AUTH',
  );
  const [username, password] = [answer.get('Username').string(), answer.get('Secret').string()];
  if (username === '<token>') return { kind: 'token', token: password };
  return username === '' ? undefined : { kind: 'password', username, password };
}
