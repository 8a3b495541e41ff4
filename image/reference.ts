// Image names as Docker writes them: `[registry/]path[:tag][@digest]`.
// https://github.com/distribution/reference (reference.go holds the grammar, normalize.go the
// short forms). A parsed name is always complete: `debian` is `docker.io/library/debian:latest`.

import { type Digest, parseDigest } from '../core/digest.ts';
import { BuildError } from '../core/errors.ts';
import { safeText } from '../core/safe-text.ts';

export interface Reference {
  /** Host and, where it is not the usual one, port: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** `library/debian` */
  readonly repository: string;
  /** Undefined only where there is a digest. */
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

const DEFAULT_REGISTRY = 'docker.io';
const DEFAULT_TAG = 'latest';
const MAX_NAME = 255;

const HOST_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const REGISTRY = new RegExp(
  `^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`,
);
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;

/** Parses an image name. Throws E_REFERENCE_INVALID with the reason. */
export function parseReference(text: string): Reference {
  const { name, tag, digestText } = split(text);
  if (name === '') throw invalid(text, 'it has no name');
  if (text.includes('://')) {
    throw invalid(
      text,
      'it is a URL',
      `leave out ${safeText(text.slice(0, text.indexOf('://') + 3))}`,
    );
  }
  if (/^[a-f0-9]{64}$/.test(name))
    throw invalid(text, 'a bare digest is not a name', `write name@sha256:${name}`);
  const { registry, repository } = splitRegistry(name);
  if (!REGISTRY.test(registry))
    throw invalid(text, `${safeText(registry)} is not a registry's host`);
  checkRepository(text, repository);
  if (`${registry}/${repository}`.length > MAX_NAME)
    throw invalid(text, `its name has more than ${MAX_NAME} characters`);
  if (tag !== undefined && !TAG.test(tag)) {
    throw invalid(
      text,
      `${safeText(JSON.stringify(tag))} is not a tag`,
      'a tag has up to 128 letters, digits, _ . and -, and starts with none of . and -',
    );
  }
  const digest = digestText === undefined ? undefined : checkDigest(text, digestText);
  return {
    registry,
    repository,
    tag: tag ?? (digest === undefined ? DEFAULT_TAG : undefined),
    digest,
  };
}

/** The complete form: `docker.io/library/debian:bookworm`. */
export function formatReference(reference: Reference): string {
  return `${reference.registry}/${reference.repository}${suffix(reference)}`;
}

/** The short form, as people write it: `debian:bookworm`. */
export function familiarReference(reference: Reference): string {
  const { registry, repository } = reference;
  if (registry !== DEFAULT_REGISTRY) return formatReference(reference);
  const short = repository.replace(/^library\/(?=[^/]+$)/, '');
  // A first component that looks like a host would be read back as one.
  return short === repository && looksLikeRegistry(repository.split('/')[0] ?? '')
    ? formatReference(reference)
    : `${short}${suffix(reference)}`;
}

function suffix({ tag, digest }: Reference): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function split(text: string): {
  name: string;
  tag: string | undefined;
  digestText: string | undefined;
} {
  const at = text.indexOf('@');
  const digestText = at === -1 ? undefined : text.slice(at + 1);
  const rest = at === -1 ? text : text.slice(0, at);
  // A colon before the last slash is a port's.
  const colon = rest.lastIndexOf(':');
  const tagged = colon > rest.lastIndexOf('/');
  return {
    name: tagged ? rest.slice(0, colon) : rest,
    tag: tagged ? rest.slice(colon + 1) : undefined,
    digestText,
  };
}

function splitRegistry(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const given = looksLikeRegistry(first);
  const repository = given ? name.slice(slash + 1) : name;
  const registry = given && first !== 'index.docker.io' ? first : DEFAULT_REGISTRY;
  const official = registry === DEFAULT_REGISTRY && !repository.includes('/');
  return { registry, repository: official ? `library/${repository}` : repository };
}

/** Docker's rule: a dot, a port, `localhost`, or a capital letter (which no repository may have). */
function looksLikeRegistry(first: string): boolean {
  return /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
}

function checkRepository(text: string, repository: string): void {
  for (const component of repository.split('/')) {
    if (COMPONENT.test(component)) continue;
    if (/[A-Z]/.test(component)) {
      const lower = repository.toLowerCase().replace(/^library\//, '');
      throw invalid(
        text,
        'a repository has no capital letters',
        `did you mean ${safeText(lower)}?`,
      );
    }
    if (component === '') throw invalid(text, 'a part of its path is empty');
    throw invalid(
      text,
      `${safeText(JSON.stringify(component))} cannot be part of a repository's path`,
      'a part is small letters and digits, with one dot, one or two underscores, or hyphens between them',
    );
  }
}

function checkDigest(text: string, digest: string): Digest {
  const parsed = parseDigest(digest);
  if (parsed !== undefined) return parsed;
  throw digest.startsWith('sha256:')
    ? invalid(text, 'its digest is not sha256: and 64 hex digits (0-9, a-f)')
    : invalid(text, 'its digest is not a sha256 one', 'only sha256 digests are supported');
}

function invalid(text: string, why: string, hint?: string): BuildError {
  return new BuildError(
    'E_REFERENCE_INVALID',
    `${safeText(JSON.stringify(text))} is not an image name: ${why}`,
    {
      hint,
    },
  );
}
