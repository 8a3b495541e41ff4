// One git address with the log-in, the repository in the store and the program git that it needs.

import { join } from 'node:path';
import type { GitContext } from '../../exec/git.ts';
import type { OpenGit } from '../../ops/fetch-git.ts';
import type { GitSource } from '../remote-source.ts';
import { checkout } from './checkout.ts';
import { gitLogin } from './credentials.ts';
import { openRepository } from './repository.ts';

export interface OpenGitOptions {
  /** The store's folder. */
  readonly home: string;
  readonly context: GitContext;
  readonly secret: (id: string) => Promise<Buffer | undefined>;
  /** The socket of the agent that `--ssh default` gives; asked for where the address is one of ssh. */
  readonly agent: () => Promise<string | undefined>;
}

/** Opens `source`; git is not called before it is asked for something. */
export async function openGit(source: GitSource, options: OpenGitOptions): Promise<OpenGit> {
  const { home, context, secret } = options;
  const isSsh = !/^(?:https?|git|file):/i.test(source.remote);
  const agent = isSsh ? await options.agent() : undefined;
  const login = await gitLogin(source.remote, secret);
  const root = join(home, 'git');
  const repository = openRepository({ source, login, agent, root, context });
  return {
    resolve: () => repository.resolve(),
    async time(commit) {
      await repository.fetch(commit);
      return repository.time(commit);
    },
    async checkout(commit, temporary, target) {
      await repository.fetch(commit);
      return checkout({ source, repository, commit, temporary, target });
    },
  };
}
