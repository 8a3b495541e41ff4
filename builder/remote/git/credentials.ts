// How git logs in: from the secrets that the person who builds gives for a host, or from the user and
// password of the address itself. Both become configuration for that address only; none of it is ever
// an argument of a program.
// https://docs.docker.com/build/building/secrets/#git-authentication-for-remote-contexts

import { BuildError } from '../../../core/errors.ts';
import { credentialsIn } from '../../../core/url-parts.ts';

export interface GitLogin {
  /** The address without user and password. */
  readonly remote: string;
  /** Configuration text with a secret in it; undefined where there is none. */
  readonly secret: string | undefined;
}

type FindSecret = (id: string) => Promise<Buffer | undefined>;

/**
 * Finds the log-in for `remote`: `GIT_AUTH_HEADER.<host>`, `GIT_AUTH_TOKEN.<host>`, then both without host. Other
 * protocols than http have none. Throws E_SECRET_MISSING for a secret that cannot be a header.
 */
export async function gitLogin(remote: string, find: FindSecret): Promise<GitLogin> {
  if (!/^https?:\/\//i.test(remote) || !URL.canParse(remote)) return { remote, secret: undefined };
  const url = new URL(remote);
  const own = credentialsIn(url);
  url.username = '';
  url.password = '';
  const header = (await givenHeader(url.host, find)) ?? (own && basic(own));
  if (header === undefined) return { remote, secret: undefined };
  return { remote: url.href, secret: configuration(scopeOf(url.href), header) };
}

async function givenHeader(host: string, find: FindSecret): Promise<string | undefined> {
  for (const suffix of [`.${host}`, '']) {
    const header = await read(`GIT_AUTH_HEADER${suffix}`, find);
    if (header !== undefined) return header;
    const token = await read(`GIT_AUTH_TOKEN${suffix}`, find);
    if (token !== undefined) return basic(`x-access-token:${token}`);
  }
  return undefined;
}

function basic(pair: string): string {
  return `basic ${Buffer.from(pair).toString('base64')}`;
}

async function read(id: string, find: FindSecret): Promise<string | undefined> {
  const value = (await find(id))?.toString('utf8').replace(/\r?\n$/, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (value === undefined || !/[\u0000-\u001f\u007f]/.test(value)) return value;
  throw new BuildError(
    'E_SECRET_MISSING',
    `the secret "${id}" cannot be a header: it has a line end or a NUL in it`,
  );
}

/** One token is for all of GitHub, as its own tools have it, so that submodules there can be fetched. */
function scopeOf(remote: string): string {
  const prefixes = ['https://github.com/', 'https://www.github.com/'];
  return prefixes.find((prefix) => remote.startsWith(prefix)) ?? remote;
}

/**
 * git sends the header to wherever it is redirected, so it follows none. The scope is an address without user,
 * password and control characters; quoting is that of git-config(1).
 */
function configuration(scope: string, header: string): string {
  return [
    `[http ${quote(scope)}]`,
    `extraHeader = ${quote(`Authorization: ${header}`)}`,
    '[http]',
    'followRedirects = false',
    '',
  ].join('\n');
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
