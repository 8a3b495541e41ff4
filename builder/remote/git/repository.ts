// The bare repositories that the store keeps, one for each remote, under the hash of its address. What a
// commit needs is fetched into it once; each fetched object has a ref, so that nothing collects it.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDirectory } from '../../../core/atomic-file.ts';
import { digestOf } from '../../../core/canonical.ts';
import { hexOf } from '../../../core/digest.ts';
import { BuildError } from '../../../core/errors.ts';
import { withFileLock } from '../../../core/file-lock.ts';
import { redactCredentials, safeText } from '../../../core/safe-text.ts';
import { type GitCall, type GitContext, type GitResult, runGit } from '../../exec/git.ts';
import type { GitSource } from '../remote-source.ts';
import type { GitLogin } from './credentials.ts';
import { type ResolvedCommit, resolveCommit } from './resolve-commit.ts';

/** Calls git with the remote's address between `command` and `rest`, and returns what it prints. */
export type CallRemote = (command: readonly string[], rest: readonly string[]) => Promise<string>;

export interface Repository {
  /** The bare repository's folder; there once something was fetched. */
  readonly folder: string;
  resolve(): Promise<ResolvedCommit>;
  /** Makes sure that the folder holds the files of the commit. Throws E_GIT. */
  fetch(commit: ResolvedCommit): Promise<void>;
  /** Calls git, which may use the network with the remote's log-in. Throws E_GIT. */
  call(call: Pick<GitCall, 'cwd' | 'args'>): Promise<string>;
  /** Calls git, which may read repositories of this machine and nothing else. Throws E_GIT. */
  callLocally(call: Pick<GitCall, 'cwd' | 'args'>): Promise<string>;
}

export interface RepositoryOptions {
  readonly source: GitSource;
  readonly login: GitLogin;
  /** The store's folder of repositories. */
  readonly root: string;
  readonly context: GitContext;
}

/** `ext::`, which runs a program, is none of them, nor is `file`: a repository may bring addresses of its own. */
const NETWORK = ['https', 'http', 'ssh', 'git'];

/** The ref that keeps an object. */
export function keptRef(object: string): string {
  return `refs/slipway/${object}`;
}

/** The repository of `source`'s remote. */
export function openRepository({ source, login, root, context }: RepositoryOptions): Repository {
  const ssh = source.trusted ? { agent: context.variables['SSH_AUTH_SOCK'] } : undefined;
  const folder = join(root, hexOf(digestOf('slipway-git/1', source.remote)));
  // Only the command line's own address may be a file's, and never those that its repository leads to.
  const isFile = source.trusted && /^file:/i.test(source.remote);
  const network = { protocols: NETWORK, ssh, secret: login.secret };
  const ofRemote = isFile ? { protocols: ['file'] } : network;
  const must = async (call: GitCall): Promise<string> => {
    const result = await runGit(call, context);
    if (result.status !== 0) throw gitFailed(source, result, login);
    return result.stdout;
  };
  const inFolder = (args: readonly string[]): Pick<GitCall, 'cwd' | 'args'> => ({
    cwd: root,
    args: [`--git-dir=${folder}`, ...args],
  });

  const has = async (object: string): Promise<boolean> => {
    const args = inFolder(['cat-file', '-e', `${object}^{tree}`]);
    return (await runGit({ ...args, protocols: [] }, context)).status === 0;
  };

  const fetch = async (want: string, to: string, depth: readonly string[]): Promise<GitResult> => {
    const args = ['fetch', '--quiet', '--no-tags', '--force', ...depth, '--', login.remote];
    return runGit({ ...ofRemote, ...inFolder([...args, `+${want}:${to}`]) }, context);
  };

  /** The cheapest way that the server takes: one commit by its ref, or by its id; at worst all branches and tags. */
  const bring = async ({ object, ref }: ResolvedCommit): Promise<void> => {
    const wants = ref === undefined || source.fetchByCommit ? [object] : [ref, object];
    let result: GitResult | undefined;
    for (const want of wants) {
      result = await fetch(want, keptRef(object), ['--depth=1']);
      if (/shallow|--depth/.test(result.stderr)) result = await fetch(want, keptRef(object), []);
      if (result.status === 0 && (await has(object))) return;
    }
    if (
      /not our ref|unadvertised object|no such remote ref|couldn't find/i.test(result?.stderr ?? '')
    ) {
      const shallow = await access(join(folder, 'shallow')).then(
        () => ['--unshallow'],
        () => [],
      );
      result = await fetch('refs/*', 'refs/slipway-all/*', shallow);
      if (result.status === 0 && (await has(object))) {
        await must({ ...inFolder(['update-ref', keptRef(object), object]), protocols: [] });
        return;
      }
    }
    if (result !== undefined && result.status !== 0) throw gitFailed(source, result, login);
    throw new BuildError('E_GIT', `${shown(source)} has no commit ${object}`, {
      hint: 'if the branch has just moved, build again',
    });
  };

  return {
    folder,
    async resolve() {
      await ensureDirectory(root, 0o700);
      return resolveCommit(source, (command, rest) =>
        must({ ...ofRemote, cwd: root, args: [...command, '--', login.remote, ...rest] }),
      );
    },
    call: (call) => must({ ...network, ...call }),
    callLocally: (call) => must({ protocols: ['file'], ...call }),
    async fetch(commit) {
      await ensureDirectory(root, 0o700);
      await withFileLock(`${folder}.lock`, async () => {
        const format = commit.object.length === 64 ? ['--object-format=sha256'] : [];
        const args = ['init', '--quiet', '--bare', '--template=', ...format, folder];
        await must({ cwd: root, args, protocols: [] });
        if (!(await has(commit.object))) await bring(commit);
      });
    },
  };
}

function shown({ remote }: GitSource): string {
  return safeText(redactCredentials(remote));
}

function gitFailed(source: GitSource, { stderr }: GitResult, login: GitLogin): BuildError {
  return new BuildError(
    'E_GIT',
    `git cannot read ${shown(source)}: ${stderr || 'it says nothing'}`,
    {
      hint: hintFor(stderr, login),
    },
  );
}

function hintFor(stderr: string, { secret }: GitLogin): string | undefined {
  if (/could not read Username|Authentication failed|access denied|403|401/.test(stderr)) {
    return 'log in with a secret: --secret id=GIT_AUTH_TOKEN,src=FILE';
  }
  if (secret !== undefined && /redirect/i.test(stderr)) {
    return 'give the address that it redirects to: a secret is sent to no other';
  }
  if (/Host key verification failed/.test(stderr)) {
    return "add the host's key to ~/.ssh/known_hosts, as ssh-keyscan prints it";
  }
  if (/Permission denied \(/.test(stderr)) return 'ssh-add a key that the host accepts';
  if (/transport '.*' not allowed/.test(stderr)) {
    return 'a repository may lead to https, http, ssh and git addresses only';
  }
  return undefined;
}
