// Addresses of git repositories, with what BuildKit lets one add to them: `#ref:subdir`, or a query. The
// text comes from Dockerfiles: what git or ssh would take for an option is refused here, before any
// program sees it.
// https://docs.docker.com/build/concepts/context/#git-repositories

import { posix } from 'node:path';
import { BuildError } from '../../core/errors.ts';
import { redactCredentials, safeText } from '../../core/safe-text.ts';
import { percentDecoded } from '../../core/url-parts.ts';
import type { GitSource } from './remote-source.ts';

export interface GitUrlOptions {
  /** True for the command line: `file://` and `github.com/...` are addresses there. */
  readonly trusted: boolean;
  /** Of the instruction; undefined where it says nothing. */
  readonly keepGitDir?: boolean | undefined;
  readonly checksum?: string | undefined;
}

const SCHEME = /^([a-zA-Z0-9]+):\/\//;
const SCP = /^([a-zA-Z0-9-_]+@[a-zA-Z0-9-.]+:)(.*?)(?:\?(.*?))?(?:#(.*))?$/;

/** True for a whole commit id, SHA-1 or SHA-256. */
export function isCommitId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/**
 * Reads `text` as the address of a git repository; undefined where it is none. An http address is one only if
 * its path ends in `.git`. Throws E_REMOTE_ADDRESS where it is one with contradictions or options that are none.
 */
export function parseGitUrl(text: string, options: GitUrlOptions): GitSource | undefined {
  const parts = split(text, options.trusted);
  if (parts === undefined) return undefined;
  const fail = (why: string, hint?: string): BuildError => wrong(text, why, hint);
  checkRemote(parts.remote, fail);
  const [fragmentRef = '', ...rest] = parts.fragment.split(':');
  const query = readQuery(parts.query, fail);
  const ref = oneOf('ref', [fragmentRef, query.get('ref'), ...named(query, fail)], fail);
  const subdir = oneOf('subdir', [clean(rest.join(':')), clean(query.get('subdir') ?? '')], fail);
  const keep = [options.keepGitDir, flag(query, 'keep-git-dir', fail)];
  if (keep.includes(true) && keep.includes(false)) throw fail('it contradicts --keep-git-dir');
  const fetchByCommit = flag(query, 'fetch-by-commit', fail) ?? false;
  const checksum = readChecksum([options.checksum, ...checksums(query)], fail);
  if (ref !== '') checkRef(ref, fail);
  if (fetchByCommit && !isCommitId(ref) && !isCommitId(checksum ?? '')) {
    throw fail('fetch-by-commit needs a whole commit id', 'add checksum=<40 hex digits>');
  }
  return {
    kind: 'git',
    remote: parts.remote,
    ref: ref === '' ? undefined : ref,
    subdir,
    checksum,
    keepGitDir: keep.includes(true),
    submodules: flag(query, 'submodules', fail) ?? true,
    mtime: readTime(query, fail),
    fetchByCommit,
    trusted: options.trusted,
  };
}

type Fail = (why: string, hint?: string) => BuildError;

interface Parts {
  readonly remote: string;
  readonly query: string;
  readonly fragment: string;
}

function split(text: string, trusted: boolean): Parts | undefined {
  // A control character or a space is in no address; as part of a path it would be harmless, as part of a line not.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0020\u007f]/.test(text)) return undefined;
  if (trusted && text.startsWith('github.com/'))
    return split(`https://${text}`, false) ?? lax(text);
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    const [, host, path = '', query = '', fragment = ''] = SCP.exec(text) ?? [];
    return host === undefined ? undefined : { remote: host + path, query, fragment };
  }
  const [address = '', fragment = ''] = cut(text, '#');
  const [remote = '', query = ''] = cut(address, '?');
  const known =
    ['ssh', 'git'].includes(scheme) ||
    (trusted && scheme === 'file') ||
    (['http', 'https'].includes(scheme) && remote.endsWith('.git'));
  return known ? { remote, query, fragment: percentDecoded(fragment) } : undefined;
}

/** `github.com/user/project` needs no `.git`. */
function lax(text: string): Parts {
  const [address = '', fragment = ''] = cut(text, '#');
  const [remote = '', query = ''] = cut(address, '?');
  return { remote: `https://${remote}`, query, fragment: percentDecoded(fragment) };
}

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const KNOWN = [
  'ref',
  'tag',
  'branch',
  'subdir',
  'checksum',
  'commit',
  'keep-git-dir',
  'submodules',
  'mtime',
  'fetch-by-commit',
];
const FLAGS = ['keep-git-dir', 'submodules', 'fetch-by-commit'];

function readQuery(query: string, fail: Fail): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(query)) {
    const name = safeText(key, 40);
    if (!KNOWN.includes(key))
      throw fail(`there is no query ${name}`, `there are ${KNOWN.join(', ')}`);
    if (values.has(key)) throw fail(`the query ${name} stands in it twice`);
    if (value === '' && !FLAGS.includes(key)) throw fail(`the query ${name} has no value`);
    values.set(key, value);
  }
  return values;
}

function* named(query: ReadonlyMap<string, string>, fail: Fail): Iterable<string> {
  const [tag, branch] = [query.get('tag'), query.get('branch')];
  if (tag !== undefined && branch !== undefined) throw fail('it has both a tag and a branch');
  if (tag !== undefined) yield prefixed('refs/tags/', tag);
  if (branch !== undefined) yield prefixed('refs/heads/', branch);
}

function prefixed(prefix: string, name: string): string {
  return name.startsWith(prefix) ? name : prefix + name;
}

function checksums(query: ReadonlyMap<string, string>): (string | undefined)[] {
  return [query.get('checksum'), query.get('commit')];
}

function readChecksum(given: readonly (string | undefined)[], fail: Fail): string | undefined {
  const checksum = oneOf('checksum', given, fail).toLowerCase();
  if (checksum === '') return undefined;
  if (/^[0-9a-f]{1,64}$/.test(checksum)) return checksum;
  throw fail(
    'its checksum is no commit id',
    'it is the hex digits of a commit, or the first of them',
  );
}

/** The one value that is given, however often; '' where none is. */
function oneOf(what: string, given: readonly (string | undefined)[], fail: Fail): string {
  const [value = '', another] = new Set(given.filter((one) => one !== undefined && one !== ''));
  if (another === undefined) return value;
  throw fail(`its ${what} is both ${safeText(value, 80)} and ${safeText(another, 80)}`);
}

function flag(query: ReadonlyMap<string, string>, name: string, fail: Fail): boolean | undefined {
  const value = query.get(name);
  if (value === undefined) return undefined;
  if (/^(?:|1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw fail(`its ${name} is neither true nor false`);
}

function readTime(query: ReadonlyMap<string, string>, fail: Fail): GitSource['mtime'] {
  const value = query.get('mtime') ?? 'checkout';
  if (value === 'checkout' || value === 'commit') return value;
  throw fail('its mtime is neither checkout nor commit');
}

/** A folder of the repository: no `..` leads above its root (CVE-2026-33748; links in it are the checkout's matter). */
function clean(subdir: string): string {
  return posix.normalize(`/${subdir}`).replace(/^\/+|\/+$/g, '');
}

/** ssh takes a host, and git an address, that begins with a dash for an option (CVE-2017-1000117). */
function checkRemote(remote: string, fail: Fail): void {
  const [, host = ''] = /^[a-zA-Z0-9]+:\/\/(?:[^/@]*@)?([^/]*)/.exec(remote) ?? [];
  const [, scpHost = ''] = /^[^/]*@([^/:]*):/.exec(remote) ?? [];
  const suspect = [remote, host, scpHost, /:\/\/([^/@]*)@/.exec(remote)?.[1] ?? ''];
  if (suspect.some((part) => part.startsWith('-'))) throw fail('a part of it begins with a dash');
}

/** What git check-ref-format refuses, and what begins with a dash. */
function checkRef(ref: string, fail: Fail): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const bad = /^-|[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^\/|[/.]$|\.lock(?:\/|$)|(?:^|\/)\./;
  if (bad.test(ref)) throw fail(`${safeText(ref, 80)} cannot be the name of a branch or tag`);
}

function wrong(text: string, why: string, hint: string | undefined): BuildError {
  const shown = safeText(redactCredentials(text));
  return new BuildError('E_REMOTE_ADDRESS', `${shown} is no usable git address: ${why}`, { hint });
}
