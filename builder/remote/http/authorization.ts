// The Authorization header of a host, from the secrets that the person who builds gives for it. A secret
// is named by its host, so that a Dockerfile can send none elsewhere.
// https://docs.docker.com/build/building/secrets/#http-authentication-for-add

import { BuildError } from '../../../core/errors.ts';

/** Looks up `HTTP_AUTH_TOKEN_<host>`, then `HTTP_AUTH_HEADER_<host>`; undefined where neither is given. */
export async function authorizationFor(
  url: URL,
  secret: (id: string) => Promise<Buffer | undefined>,
): Promise<string | undefined> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const token = await read(`HTTP_AUTH_TOKEN_${host}`, secret);
  if (token !== undefined) return `Bearer ${token}`;
  return await read(`HTTP_AUTH_HEADER_${host}`, secret);
}

async function read(
  id: string,
  secret: (id: string) => Promise<Buffer | undefined>,
): Promise<string | undefined> {
  // A file that was written with echo ends in a line end; nothing else is taken off.
  const value = (await secret(id))?.toString('latin1').replace(/\r?\n$/, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (value === undefined || !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) return value;
  throw new BuildError(
    'E_SECRET_MISSING',
    `the secret "${id}" cannot be a header: it has a line end or a NUL in it`,
  );
}
