// The bare repositories that the store keeps, one for each remote, under the hash of its address. What a
// commit needs is fetched into it once; each fetched object has a ref, so that nothing collects it.

import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDirectory } from '../../../core/atomic-file.ts';
import { digestOf } from '../../../core/canonical.ts';
import { hexOf } from '../../../core/digest.ts';
import { BuildError } from '../../../core/errors.ts';
import { withFileLock } from '../../../core/file-lock.ts';
import { redactCredentials, safeText } from '../../../core/safe-text.ts';
import {
  type GitCall,
  type GitContext,
  type GitResult,
  runGit,
  type SshAccess,
} from '../../exec/git.ts';
import type { GitSource } from '../remote-source.ts';
import type { GitLogin } from './credentials.ts';
import { type CommitStore, fetchCommit, keptRef } from './fetch-commit.ts';
import { gitError } from './git-error.ts';
import { type ResolvedCommit, resolveCommit } from './resolve-commit.ts';

export interface Repository {
  /** The bare repository's folder; there once something was fetched. */
  readonly folder: string;
  /** The remote's address without the password of its log-in: what relative addresses of submodules start from. */
  readonly origin: string;
  resolve(): Promise<ResolvedCommit>;
  /** Makes sure that the folder holds the files of the commit. Throws E_GIT. */
  fetch(commit: ResolvedCommit): Promise<void>;
  /** The time of a commit that was fetched, in seconds since the epoch. */
  time(commit: ResolvedCommit): Promise<number>;
  /** Calls git, which may use the network with the remote's log-in. Throws E_GIT. */
  call(call: Pick<GitCall, 'cwd' | 'args'>): Promise<string>;
  /** Calls git, which may read repositories of this machine and nothing else. Throws E_GIT. */
  callLocally(call: Pick<GitCall, 'cwd' | 'args'>): Promise<string>;
}

export interface RepositoryOptions {
  readonly source: GitSource;
  readonly login: GitLogin;
  /** The socket of the agent that --ssh gives. */
  readonly agent: string | undefined;
  /** The store's folder of repositories. */
  readonly root: string;
  readonly context: GitContext;
}

/** `ext::`, which runs a program, is none of them, nor is `file`: a repository may bring addresses of its own. */
const NETWORK = ['https', 'http', 'ssh', 'git'];

/** The repository of `source`'s remote. */
export function openRepository(options: RepositoryOptions): Repository {
  const { source, login, root, context } = options;
  const ssh = sshAccess(options);
  const folder = join(root, hexOf(digestOf('slipway-git/1', source.remote)));
  // Only the command line's own address may be a file's, and never those that its repository leads to.
  const isFile = source.trusted && /^file:/i.test(source.remote);
  const network = { protocols: NETWORK, ssh, secret: login.secret };
  const ofRemote = isFile ? { protocols: ['file'] } : network;
  const shown = safeText(redactCredentials(source.remote));
  const failed = (result: GitResult): BuildError =>
    gitError(shown, result, login.secret !== undefined);
  const must = async (call: GitCall): Promise<string> => {
    const result = await runGit(call, context);
    if (result.status !== 0) throw failed(result);
    return result.stdout;
  };
  const inFolder = (args: readonly string[]): Pick<GitCall, 'cwd' | 'args'> => ({
    cwd: root,
    args: [`--git-dir=${folder}`, ...args],
  });

  const store: CommitStore = {
    async has(object) {
      const args = inFolder(['cat-file', '-e', `${object}^{tree}`]);
      return (await runGit({ ...args, protocols: [] }, context)).status === 0;
    },
    fetch(want, to, options) {
      const args = ['fetch', '--quiet', '--no-tags', '--force', ...options, '--', login.remote];
      return runGit({ ...ofRemote, ...inFolder([...args, `+${want}:${to}`]) }, context);
    },
    isShallow: () => isThere(join(folder, 'shallow')),
    async keep(object) {
      await must({ ...inFolder(['update-ref', keptRef(object), object]), protocols: [] });
    },
  };

  return {
    folder,
    origin: login.remote,
    async resolve() {
      ensureDirectory(root, 0o700);
      return resolveCommit(source, (command, rest) =>
        must({ ...ofRemote, cwd: root, args: [...command, '--', login.remote, ...rest] }),
      );
    },
    async time({ object }) {
      const args = ['log', '-1', '--format=%ct', object];
      return Number((await must({ ...inFolder(args), protocols: [] })).trim());
    },
    call: (call) => must({ ...network, ...call }),
    callLocally: (call) => must({ protocols: ['file'], ...call }),
    async fetch(commit) {
      ensureDirectory(root, 0o700);
      await withFileLock(`${folder}.lock`, async () => {
        await removeLocks(folder, commit);
        const format = commit.object.length === 64 ? ['--object-format=sha256'] : [];
        const args = ['init', '--quiet', '--bare', '--template=', ...format, folder];
        await must({ cwd: root, args, protocols: [] });
        if (await store.has(commit.object)) return;
        const wanted = source.fetchByCommit ? { ...commit, ref: undefined } : commit;
        const last = await fetchCommit(wanted, store);
        if (last === undefined) return;
        if (last.status !== 0) throw failed(last);
        throw new BuildError('E_GIT', `${shown} has no commit ${commit.object}`, {
          hint: 'if the branch has just moved, build again',
        });
      });
    },
  };
}

/** A Dockerfile's address gets the agent that was given for the build, and nothing else of the person who builds. */
function sshAccess({ source, agent, context }: RepositoryOptions): SshAccess | undefined {
  if (source.trusted) return { agent: agent ?? context.variables['SSH_AUTH_SOCK'], ownKeys: true };
  return agent === undefined ? undefined : { agent, ownKeys: false };
}

/** For whoever is alone with the repository: what is locked then, a git that was killed has left. */
async function removeLocks(folder: string, { object }: ResolvedCommit): Promise<void> {
  for (const name of ['config', 'shallow', 'packed-refs', keptRef(object)]) {
    await rm(join(folder, `${name}.lock`), { force: true });
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
