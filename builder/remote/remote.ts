// The remote sources of one build: what ops need to fetch, with the secrets, proxies and trusted
// certificates of the person who builds. What fetches is loaded when something is to be fetched.

import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import type { BuildEnvironment } from '../environment.ts';
import type { SshAgents } from '../exec/ssh-agents.ts';
import { fetchGitOp, type OpenGit } from '../ops/fetch-git.ts';
import { fetchHttpOp } from '../ops/fetch-http.ts';
import type { Op } from '../ops/op.ts';
import { connectionOptions } from '../registry.ts';
import { authorizationFor } from './http/authorization.ts';
import type { Download } from './http/download-table.ts';
import type { HttpClient } from './http/http-client.ts';
import type { GitSource, RemoteSource } from './remote-source.ts';

export interface RemoteOptions {
  readonly store: Pick<Store, 'home' | 'blobs' | 'downloads' | 'lease'>;
  /** Makes a folder that lives as long as the build. */
  readonly temporary: () => Promise<string>;
  readonly environment: Pick<BuildEnvironment, 'variables' | 'signal'>;
  /** The secret's bytes, or undefined where it was not given. */
  readonly secret: (id: string) => Promise<Buffer | undefined>;
  readonly agents: Pick<SshAgents, 'address'>;
}

export interface Remote {
  /** The op that fetches `source`. */
  op(source: RemoteSource): Op;
  /** Makes sure that the store has what `url` gives now. See http/download.ts. */
  download(url: URL, checksum: Digest | undefined): Promise<Download>;
  /** Opens a git address. */
  git(source: GitSource): Promise<OpenGit>;
  close(): Promise<void>;
}

/** Opens the remote sources; nothing is loaded or connected before the first fetch. */
export function openRemote(options: RemoteOptions): Remote {
  const { environment, secret, agents, temporary } = options;
  const { home, blobs, downloads, lease } = options.store;
  let client: Promise<HttpClient> | undefined;
  const open = async (): Promise<HttpClient> => {
    const { openHttpClient } = await import('./http/http-client.ts');
    const { variables, signal } = environment;
    return openHttpClient({ ...connectionOptions(variables), signal });
  };
  const download = async (url: URL, checksum: Digest | undefined): Promise<Download> => {
    const { download: fetch } = await import('./http/download.ts');
    client ??= open();
    const authorization = (of: URL) => authorizationFor(of, secret);
    return fetch({ client: await client, blobs, table: downloads, authorization }, url, checksum);
  };
  const git = async (source: GitSource): Promise<OpenGit> => {
    const { openGit } = await import('./git/open-git.ts');
    const context = { ...environment, temporary: lease.tmp };
    return openGit(source, { home, context, secret, agent: () => agents.address('default') });
  };
  return {
    download,
    git,
    op(source) {
      if (source.kind === 'http') return fetchHttpOp(source, { blobs, download });
      return fetchGitOp(source, { git: () => git(source), temporary });
    },
    async close() {
      await (await client)?.close();
    },
  };
}
