// What `--build-context NAME=VALUE` gives for a name, in every form of BuildKit's but `input:` and `target:`,
// which only its own front ends can fill. A value is never looked up as another context's name.

import { BuildError, withSpan } from '../../../core/errors.ts';
import { redactCredentials, safeText } from '../../../core/safe-text.ts';
import type { Span } from '../../../core/source.ts';
import { formatPlatform, type Platform } from '../../../image/model.ts';
import { normalizePlatform, parsePlatform } from '../../../image/platform.ts';
import { formatReference, parseReference } from '../../../image/reference.ts';
import { readRemote } from '../../remote/read-remote.ts';
import type { RemoteSource } from '../../remote/remote-source.ts';

export type NamedContext =
  | { readonly kind: 'scratch' }
  /** An image name, or `oci-layout://...`. */
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'remote'; readonly source: RemoteSource }
  /** A folder; `name` is as it was given. */
  | { readonly kind: 'folder'; readonly name: string };

/**
 * Finds the context with this name (`debian` and `docker.io/library/debian:latest` are one), that for the
 * platform (`NAME::linux/arm64=...`) first. Throws E_UNSUPPORTED, E_REMOTE_ADDRESS.
 */
export function findNamedContext(
  contexts: ReadonlyMap<string, string>,
  name: string,
  platform: Platform,
  span: Span | undefined,
): NamedContext | undefined {
  const key = contextKey(name);
  const wanted = [`${key}::${formatPlatform(normalizePlatform(platform))}`, key];
  for (const one of wanted) {
    for (const [given, value] of contexts) {
      if (givenKey(given) !== one) continue;
      try {
        return readValue(given, value);
      } catch (error) {
        throw withSpan(error, span);
      }
    }
  }
  return undefined;
}

function readValue(given: string, value: string): NamedContext {
  if (value.startsWith('docker-image://')) {
    const reference = value.slice('docker-image://'.length);
    return reference === 'scratch' ? { kind: 'scratch' } : { kind: 'image', reference };
  }
  if (value.startsWith('oci-layout://')) return { kind: 'image', reference: value };
  const remote = readRemote(value, { trusted: true });
  // The reference calls the file so, and unpacks none.
  if (remote?.kind === 'http') return { kind: 'remote', source: { ...remote, name: 'context' } };
  if (remote !== undefined) return { kind: 'remote', source: remote };
  if (!/^(?:input|target):|^[a-z][a-z+.-]{0,20}:\/\//i.test(value)) {
    return { kind: 'folder', name: given };
  }
  const shown = safeText(redactCredentials(value));
  throw new BuildError('E_UNSUPPORTED', `the build context ${given} cannot be ${shown}`, {
    hint: 'It may be a folder, docker-image://, oci-layout://, a git address or an http(s) address.',
  });
}

function givenKey(given: string): string {
  const [name = '', platform] = given.split('::');
  if (platform === undefined) return contextKey(name);
  try {
    return `${contextKey(name)}::${formatPlatform(normalizePlatform(parsePlatform(platform)))}`;
  } catch {
    return given;
  }
}

function contextKey(name: string): string {
  try {
    return formatReference(parseReference(name.toLowerCase()));
  } catch {
    return name.toLowerCase();
  }
}
