// Tells whether a source of ADD, or the value of a --build-context, is to be fetched, and what it says.

import { posix } from 'node:path';
import { type Digest, parseDigest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';
import { percentDecoded } from '../../core/url-parts.ts';
import { type GitUrlOptions, parseGitUrl } from './git-url.ts';
import type { HttpSource, RemoteSource } from './remote-source.ts';

/**
 * Returns what `text` asks to fetch; undefined where it is a path. `checksum` is that of --checksum. Throws
 * E_REMOTE_ADDRESS for what cannot be fetched, E_FLAG_VALUE for a checksum that is none.
 */
export function readRemote(text: string, options: GitUrlOptions): RemoteSource | undefined {
  const git = parseGitUrl(text, options);
  if (git !== undefined) return git;
  return /^https?:\/\//i.test(text) ? readHttp(text, options.checksum) : undefined;
}

function readHttp(text: string, checksum: string | undefined): HttpSource {
  if (!URL.canParse(text)) {
    throw new BuildError('E_REMOTE_ADDRESS', `${safeText(text)} is no usable address`);
  }
  const url = new URL(text);
  url.hash = '';
  return { kind: 'http', url: url.href, name: fileName(url), checksum: digestOf(checksum) };
}

function digestOf(checksum: string | undefined): Digest | undefined {
  if (checksum === undefined) return undefined;
  const digest = parseDigest(checksum);
  if (digest !== undefined) return digest;
  throw new BuildError('E_FLAG_VALUE', `--checksum cannot be ${JSON.stringify(checksum)}`, {
    hint: 'For a file it is sha256: and 64 hex digits.',
  });
}

/** The last part of the address's path, as the reference has it. Never a path, never empty. */
function fileName({ pathname }: URL): string {
  const path = percentDecoded(pathname);
  const name = posix.basename(path).trim();
  if (name === '' || name === '/') return '__unnamed__';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return name === '.' || name === '..' || /[\u0000-\u001f\u007f-\u009f]/.test(name)
    ? 'download'
    : name;
}
