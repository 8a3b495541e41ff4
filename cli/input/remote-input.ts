// A context by its address: a commit of a git repository, or a file over http(s), which is a tar of the
// context or the Dockerfile itself. What comes from there is put into a folder that ends with the build.

import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildEnvironment } from '../../builder/environment.ts';
import type { BuildOptions } from '../../builder/options.ts';
import { readRemote } from '../../builder/remote/read-remote.ts';
import {
  describeRemote,
  type GitSource,
  type HttpSource,
} from '../../builder/remote/remote-source.ts';
import { BuildError } from '../../core/errors.ts';
import { nameToBytes } from '../../core/names.ts';
import { removeTree } from '../../core/remove-tree.ts';
import { redactCredentials, safeText } from '../../core/safe-text.ts';
import type { SourceText } from '../../core/source.ts';
import { readStdin } from './read-stdin.ts';
import { unpackContext } from './unpack-context.ts';

export interface RemoteInputOptions {
  readonly environment: BuildEnvironment;
  readonly secrets: BuildOptions['secrets'];
  readonly ssh: BuildOptions['ssh'];
  /** Files of a commit have its time: SOURCE_DATE_EPOCH is given. */
  readonly commitTimes: boolean;
  /** BUILDKIT_CONTEXT_KEEP_GIT_DIR. */
  readonly keepGitDir: boolean;
}

export interface RemoteFolder {
  readonly root: string;
  /** Where the address gives a Dockerfile and no folder. */
  readonly dockerfile: SourceText | undefined;
  /** The commit's time, or the file's Last-Modified, in seconds since the epoch. */
  readonly contextEpoch: number | undefined;
  dispose(): Promise<void>;
}

/** What `context` asks to fetch; undefined where it is a path. Throws E_REMOTE_ADDRESS. */
export function remoteSource(context: string): GitSource | HttpSource | undefined {
  return readRemote(context, { trusted: true });
}

/** Fetches `source`. Throws E_FETCH, E_GIT, E_GIT_MISSING, E_REMOTE_CHECKSUM, and what unpacking a tar throws. */
export async function fetchRemote(
  source: GitSource | HttpSource,
  options: RemoteInputOptions,
): Promise<RemoteFolder> {
  return source.kind === 'git' ? fetchCommit(source, options) : fetchFile(source, options);
}

async function fetchCommit(source: GitSource, options: RemoteInputOptions): Promise<RemoteFolder> {
  const { checkoutContext } = await import('../../builder/remote/fetch-context.ts');
  const wanted: GitSource = {
    ...source,
    keepGitDir: source.keepGitDir || options.keepGitDir,
    mtime: options.commitTimes ? 'commit' : source.mtime,
  };
  const { base, dispose } = await newFolder();
  try {
    const { root, time } = await checkoutContext(wanted, base, options);
    return { root, dockerfile: undefined, contextEpoch: time, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function fetchFile(source: HttpSource, options: RemoteInputOptions): Promise<RemoteFolder> {
  const { readRemoteFile } = await import('../../builder/remote/fetch-context.ts');
  return readRemoteFile(source, options, async (chunks, time) => {
    const place = { name: describeRemote(source), words: `at ${describeRemote(source)}` };
    const input = await readStdin(chunks, place);
    if (input.kind === 'tar') {
      const { root, newest, dispose } = await unpackContext(input.chunks);
      return { root, dockerfile: undefined, contextEpoch: time ?? newest, dispose };
    }
    const { base, dispose } = await newFolder();
    // The reference's context is then this one file.
    await writeFile(join(base, 'context'), nameToBytes(input.source.text), { mode: 0o600 });
    return { root: base, dockerfile: input.source, contextEpoch: time, dispose };
  });
}

async function newFolder(): Promise<{ base: string; dispose(): Promise<void> }> {
  const base = await mkdtemp(join(tmpdir(), 'slipway-context-'));
  await chmod(base, 0o755);
  return { base, dispose: () => removeTree(Buffer.from(base)) };
}

/** The error for a context by address where there is nothing that could fetch it. */
export function notFetchedHere(context: string): BuildError {
  const shown = safeText(redactCredentials(context));
  return new BuildError('E_UNSUPPORTED', `only builds fetch a context: ${shown}`, {
    hint: 'clone or unpack it first, and give the folder',
  });
}
