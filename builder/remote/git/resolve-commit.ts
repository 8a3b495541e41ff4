// Which commit a git address means now: asks the remote for its refs, with git's order of preference,
// and holds the answer against the checksum.

import { BuildError } from '../../../core/errors.ts';
import { safeText } from '../../../core/safe-text.ts';
import { isCommitId } from '../git-url.ts';
import { describeRemote, type GitSource } from '../remote-source.ts';

/** Calls git with the remote's address between `command` and `rest`, and returns what it prints. */
export type CallRemote = (command: readonly string[], rest: readonly string[]) => Promise<string>;

export interface ResolvedCommit {
  /** What the ref leads to: a commit, or an annotated tag. */
  readonly object: string;
  /** The commit, as far as it is known: that of an annotated tag. */
  readonly commit: string;
  /** `refs/heads/main`; undefined where the address gives a commit. */
  readonly ref: string | undefined;
}

/** Resolves `source`; only a whole commit id needs no network. Throws E_GIT, E_REMOTE_CHECKSUM. */
export async function resolveCommit(source: GitSource, call: CallRemote): Promise<ResolvedCommit> {
  const { ref, checksum, fetchByCommit } = source;
  if (ref !== undefined && isCommitId(ref)) {
    return checked(source, { object: ref, commit: ref, ref: undefined });
  }
  if (fetchByCommit && checksum !== undefined) {
    const name = ref === undefined || ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
    return { object: checksum, commit: checksum, ref: name };
  }
  return checked(
    source,
    ref === undefined ? await head(source, call) : await named(ref, source, call),
  );
}

async function head(source: GitSource, call: CallRemote): Promise<ResolvedCommit> {
  const refs = await list(['ls-remote', '--symref'], ['HEAD'], call);
  const ref = refs.symbolic;
  const object = refs.ids.get('HEAD');
  if (object === undefined) throw noRef(source, 'no default branch');
  return { object, commit: object, ref };
}

async function named(ref: string, source: GitSource, call: CallRemote): Promise<ResolvedCommit> {
  const { ids } = await list(['ls-remote'], [ref, `${ref}^{}`], call);
  const bare = (prefix: string): string =>
    prefix + (ref.startsWith(prefix) ? ref.slice(prefix.length) : ref);
  // What git checkout prefers where names are ambiguous: a branch.
  for (const name of [bare('refs/'), bare('refs/heads/'), bare('refs/tags/')]) {
    const object = ids.get(name);
    if (object !== undefined) return { object, commit: ids.get(`${name}^{}`) ?? object, ref: name };
  }
  throw noRef(source, `no branch or tag ${safeText(ref, 80)}`);
}

interface Refs {
  readonly ids: ReadonlyMap<string, string>;
  /** Where HEAD leads. */
  readonly symbolic: string | undefined;
}

async function list(
  command: readonly string[],
  patterns: readonly string[],
  call: CallRemote,
): Promise<Refs> {
  const ids = new Map<string, string>();
  let symbolic: string | undefined;
  for (const line of (await call(command, patterns)).split('\n')) {
    const [value = '', name = ''] = line.split('\t');
    if (isCommitId(value)) ids.set(name, value);
    else if (name === 'HEAD' && /^ref: refs\/[^\s]+$/.test(value)) symbolic = value.slice(5);
  }
  return { ids, symbolic };
}

function checked(source: GitSource, found: ResolvedCommit): ResolvedCommit {
  const { checksum } = source;
  const ids = [...new Set([found.object, found.commit])];
  if (checksum === undefined || ids.some((id) => id.startsWith(checksum))) return found;
  throw new BuildError(
    'E_REMOTE_CHECKSUM',
    `${describeRemote(source)} is the commit ${ids.join(' or ')}, not ${checksum}`,
    { hint: 'it has changed or was tampered with: look at it before you change the checksum' },
  );
}

function noRef(source: GitSource, what: string): BuildError {
  return new BuildError(
    'E_GIT',
    `${describeRemote({ ...source, ref: undefined, subdir: '' })} has ${what}`,
    {
      hint: 'git ls-remote lists what it has; a commit is given by its whole id',
    },
  );
}
