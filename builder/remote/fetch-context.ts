// A build's own context from a remote source. It is fetched before anything else, since the Dockerfile is
// in it, and becomes a folder like any other: keys are made of its content, so that a commit and a
// checkout of it share every record.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore, type Store } from '../../cache/store.ts';
import type { BuildEnvironment } from '../environment.ts';
import { sshAgents } from '../exec/ssh-agents.ts';
import type { BuildOptions } from '../options.ts';
import { readSecret } from '../secrets.ts';
import { openRemote, type Remote } from './remote.ts';
import { describeRemote, type GitSource, type HttpSource } from './remote-source.ts';

export interface FetchContextOptions {
  readonly environment: BuildEnvironment;
  readonly secrets: BuildOptions['secrets'];
  readonly ssh: BuildOptions['ssh'];
}

/**
 * Checks the commit out into `base`/files, which is made; `base` is an empty folder. Returns the commit's time in
 * seconds since the epoch. Throws E_GIT, E_GIT_MISSING, E_REMOTE_CHECKSUM.
 */
export async function checkoutContext(
  source: GitSource,
  base: string,
  options: FetchContextOptions,
): Promise<{ readonly root: string; readonly time: number }> {
  return withRemote(options, async (remote) => {
    const git = await remote.git(source);
    const commit = await git.resolve();
    const why = `the commit ${commit.commit}`;
    announce(options, describeRemote(source), why);
    const [root, way] = [join(base, 'files'), join(base, 'way')];
    await mkdir(way);
    const { commitTime } = await git.checkout(commit, way, root);
    await rm(way, { recursive: true, force: true });
    return { root, time: commitTime };
  });
}

/**
 * Calls `work` with the bytes of the file, and its Last-Modified in seconds since the epoch. Throws E_FETCH, and
 * what `work` throws.
 */
export async function readRemoteFile<Result>(
  source: HttpSource,
  options: FetchContextOptions,
  work: (chunks: AsyncIterable<Uint8Array>, time: number | undefined) => Promise<Result>,
): Promise<Result> {
  return withRemote(options, async (remote, store) => {
    const { digest, size, lastModified } = await remote.download(new URL(source.url), undefined);
    announce(options, describeRemote(source), `${size} bytes, ${digest}`);
    const ms = Date.parse(lastModified ?? '');
    return work(store.blobs.open(digest, size), Number.isNaN(ms) ? undefined : ms / 1000);
  });
}

async function withRemote<Result>(
  { environment, secrets, ssh }: FetchContextOptions,
  work: (remote: Remote, store: Store) => Promise<Result>,
): Promise<Result> {
  const store = await openStore(environment.home);
  const temporary = async (): Promise<string> => store.lease.tmp;
  const agents = sshAgents(ssh, temporary, environment.variables['PATH']);
  const remote = openRemote({
    store,
    environment,
    temporary,
    secret: (id) => readSecret(secrets, environment.variables, id),
    agents,
  });
  try {
    return await work(remote, store);
  } finally {
    await agents.close();
    await remote.close();
    await store.close();
  }
}

function announce({ environment }: FetchContextOptions, chosen: string, why: string): void {
  environment.events({ event: 'choice', subject: 'context', chosen, why });
}
