// What may be fetched, as planning reads it from a Dockerfile or a --build-context: plain data, checked
// and normalised. Nothing here knows a secret: those are looked up by the host when a fetch begins.

import type { Digest } from '../../core/digest.ts';
import { redactCredentials, safeText, safeUrl } from '../../core/safe-text.ts';

export type RemoteSource = HttpSource | GitSource;

/** One file by its address. */
export interface HttpSource {
  readonly kind: 'http';
  readonly url: string;
  /** What the file is called where it lands in a folder. */
  readonly name: string;
  /** The digest that its content must have. */
  readonly checksum: Digest | undefined;
}

/** The files of one commit, or of a folder in it. */
export interface GitSource {
  readonly kind: 'git';
  /** For the program git: without fragment and query. */
  readonly remote: string;
  /** A branch, a tag, `refs/...` or a whole commit id; undefined is the default branch. */
  readonly ref: string | undefined;
  /** Clean and relative; '' is all of the repository. */
  readonly subdir: string;
  /** The commit's id, or how it begins, in lower case. */
  readonly checksum: string | undefined;
  /** Keeps `.git`. */
  readonly keepGitDir: boolean;
  readonly submodules: boolean;
  /** The times of files: when they were checked out, or the commit's. */
  readonly mtime: 'checkout' | 'commit';
  /** Takes the commit `checksum` without asking where `ref` leads. */
  readonly fetchByCommit: boolean;
  /**
   * True where the person who builds wrote the address, on the command line. Only then may it lead to this
   * machine's own files, and only then are that person's SSH keys offered: a Dockerfile is another's text.
   */
  readonly trusted: boolean;
}

/** For people: where it comes from, without a user, a password or a file's query. */
export function describeRemote(source: RemoteSource): string {
  if (source.kind === 'http') return safeUrl(new URL(source.url));
  const { remote, ref = '', subdir } = source;
  const fragment = subdir === '' ? ref : `${ref}:${subdir}`;
  return safeText(redactCredentials(fragment === '' ? remote : `${remote}#${fragment}`));
}
