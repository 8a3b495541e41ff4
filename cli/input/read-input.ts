// From the words `-f` and CONTEXT to a Dockerfile's text and a context: what docker build takes.
// Nothing of a context is read but the Dockerfile and the ignore file.

import { realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { isBeneath, readBeneath } from '../../builder/context/read-beneath.ts';
import type { ContextSpec } from '../../builder/options.ts';
import { describeRemote } from '../../builder/remote/remote-source.ts';
import { BuildError, errnoOf } from '../../core/errors.ts';
import type { SourceText } from '../../core/source.ts';
import type { Host } from '../host.ts';
import { readDockerfile, readStdin } from './read-stdin.ts';
import {
  fetchRemote,
  notFetchedHere,
  type RemoteFolder,
  type RemoteInputOptions,
  remoteSource,
} from './remote-input.ts';
import { unpackContext } from './unpack-context.ts';

export interface BuildInput {
  readonly dockerfile: SourceText;
  readonly context: ContextSpec;
  /** Seconds; of a commit, a file's Last-Modified, or the newest entry of an archive. A folder has no time of its own. */
  readonly contextEpoch?: number | undefined;
  /** Removes what was unpacked. Call it when the build has ended, whatever its end. */
  dispose(): Promise<void>;
}

/**
 * Finds Dockerfile and context. `file` and `context` are as the flags have them; a context by its address is
 * fetched where `remote` is given. Throws E_CONTEXT_NOT_FOUND, E_DOCKERFILE_NOT_FOUND, E_CONTEXT_ESCAPE,
 * E_UNSUPPORTED, and what fetching throws.
 */
export async function readInput(
  file: string | undefined,
  context: string | undefined,
  host: Pick<Host, 'cwd' | 'stdin'>,
  remote?: RemoteInputOptions,
): Promise<BuildInput> {
  if (context === '-') return readFromStdin(file, host);
  if (context === undefined) return emptyContext(await readDockerfile(host.stdin));
  const root = resolve(host.cwd, context);
  // A folder that is there is meant, whatever its name looks like.
  const source = isFolder(root) ? undefined : remoteSource(context);
  if (source !== undefined) {
    if (remote === undefined) throw notFetchedHere(context);
    const origin = describeRemote(source);
    return remoteContext(file, { ...(await fetchRemote(source, remote)), origin }, host);
  }
  requireFolder(root, context);
  const found =
    file === '-'
      ? { dockerfile: await readDockerfile(host.stdin), ignoreFile: undefined }
      : findDockerfile(root, file, host.cwd);
  return folderContext(root, found, host.cwd, async () => {});
}

async function readFromStdin(
  file: string | undefined,
  host: Pick<Host, 'stdin'>,
): Promise<BuildInput> {
  if (host.stdin.isTTY) {
    throw new BuildError('E_USAGE', 'standard input is a terminal, not a tar', {
      hint: 'tar -c . | slipway build -',
    });
  }
  const input = await readStdin(host.stdin);
  if (input.kind === 'dockerfile') {
    if (file === undefined) return emptyContext(input.source);
    throw new BuildError('E_USAGE', `standard input is not a tar, so there is no ${file} in it`, {
      hint: 'a Dockerfile on standard input needs no -f',
    });
  }
  const { root, newest, dispose } = await unpackContext(input.chunks);
  try {
    const found = findDockerfile(root, file, root);
    return { ...folderContext(root, found, root, dispose), contextEpoch: newest };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** No ignore file counts in what was fetched, as in the reference: its author has put it there as it is. */
async function remoteContext(
  file: string | undefined,
  { root, dockerfile, contextEpoch, origin, dispose }: RemoteFolder & { readonly origin: string },
  host: Pick<Host, 'stdin'>,
): Promise<BuildInput> {
  const context = { kind: 'directory', path: root, ignoreFile: undefined, origin } as const;
  try {
    if (file === '-') {
      return { dockerfile: await readDockerfile(host.stdin), context, contextEpoch, dispose };
    }
    if (dockerfile === undefined) {
      const found = findDockerfile(root, file, root);
      return { dockerfile: found.dockerfile, context, contextEpoch, dispose };
    }
    if (file === undefined) return { dockerfile, context, contextEpoch, dispose };
    throw new BuildError('E_USAGE', `${dockerfile.name} is no tar, so there is no ${file} in it`, {
      hint: 'the address of a Dockerfile needs no -f',
    });
  } catch (error) {
    await dispose();
    throw error;
  }
}

function emptyContext(dockerfile: SourceText): BuildInput {
  return { dockerfile, context: { kind: 'empty' }, dispose: async () => {} };
}

interface FoundDockerfile {
  readonly dockerfile: SourceText;
  /** `<Dockerfile>.dockerignore`, where there is one. */
  readonly ignoreFile: SourceText | undefined;
}

function folderContext(
  root: string,
  found: FoundDockerfile,
  cwd: string,
  dispose: () => Promise<void>,
): BuildInput {
  const path = join(root, '.dockerignore');
  const ignoreFile = found.ignoreFile ?? readBeneath(root, path, relative(cwd, path));
  const context = { kind: 'directory', path: root, ignoreFile } as const;
  return { dockerfile: found.dockerfile, context, dispose };
}

/** `file` is relative to `base`; without it, `Dockerfile` and then `dockerfile` of the context are tried. */
function findDockerfile(root: string, file: string | undefined, base: string): FoundDockerfile {
  const names = ['Dockerfile', 'dockerfile'].map((name) => relative(base, join(root, name)));
  for (const name of file === undefined ? names : [file]) {
    const path = resolve(base, name);
    const trusted = trustedRoot(root, path);
    const dockerfile = readBeneath(trusted ?? '/', path, name);
    if (dockerfile === undefined) continue;
    const beside = `${path}.dockerignore`;
    const ignoreRoot = trusted ?? dirname(path);
    return {
      dockerfile,
      ignoreFile: readBeneath(ignoreRoot, beside, `${name}.dockerignore`),
    };
  }
  throw new BuildError('E_DOCKERFILE_NOT_FOUND', `there is no ${file ?? names[0]}`, {
    hint:
      file === undefined
        ? '-f PATH names a Dockerfile with another name'
        : `the path given by -f starts at ${base === root ? 'the context' : 'the current folder'}`,
  });
}

/** The context where `path` lies in it, by its words or in truth; undefined for a file that the user named elsewhere. */
function trustedRoot(root: string, path: string): string | undefined {
  if (isBeneath(root, path)) return root;
  try {
    const folder = realpathSync.native(dirname(path));
    return isBeneath(realpathSync.native(root), folder) ? root : undefined;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function requireFolder(root: string, context: string): void {
  let why = 'it is not a folder';
  try {
    if (statSync(root).isDirectory()) return;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    why = errno === 'ENOENT' ? 'it does not exist' : errno;
  }
  throw new BuildError('E_CONTEXT_NOT_FOUND', `the context ${context} cannot be used: ${why}`, {
    hint: 'the context is a folder, or - for a tar on standard input',
  });
}
