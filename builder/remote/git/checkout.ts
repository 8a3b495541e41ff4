// Puts the files of a commit into a folder. The repository is hostile: a folder of it is taken only if
// every component on the way is a real folder (CVE-2026-33748), submodules come over the network only,
// and no hook or filter of anybody's configuration runs.

import {
  chmod,
  copyFile,
  lstat,
  lutimes,
  mkdir,
  readdir,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { BuildError, errnoOf } from '../../../core/errors.ts';
import { safeText } from '../../../core/safe-text.ts';
import { describeRemote, type GitSource } from '../remote-source.ts';
import { keptRef } from './fetch-commit.ts';
import type { Repository } from './repository.ts';
import type { ResolvedCommit } from './resolve-commit.ts';

export interface CheckoutOptions {
  readonly source: GitSource;
  readonly repository: Repository;
  readonly commit: ResolvedCommit;
  /** An empty folder for what is needed on the way, on the file system of `target`. */
  readonly temporary: string;
  /** Made here. */
  readonly target: string;
}

export interface Checkout {
  /** The commit's own time, seconds since the epoch. */
  readonly commitTime: number;
}

/** Checks the commit out, which must have been fetched. Throws E_GIT. */
export async function checkout(options: CheckoutOptions): Promise<Checkout> {
  const { source, repository, temporary, target } = options;
  const work = join(temporary, 'work');
  await mkdir(work);
  await chmod(work, 0o755);
  const keep = source.keepGitDir && source.subdir === '';
  const gitDir = keep ? join(work, '.git') : join(temporary, 'git');
  const git = (...args: string[]): Promise<string> =>
    repository.call({
      cwd: work,
      args: [`--git-dir=${gitDir}`, `--work-tree=${work}`, ...args],
    });
  await (keep ? cloneInto(git, options) : borrow(git, gitDir, options));
  const commitTime = Number((await git('log', '-1', '--format=%ct', 'HEAD')).trim());
  if (!keep && source.submodules) await removeGitFiles(Buffer.from(work));
  await rename(await folderIn(work, source), target);
  if (source.mtime === 'commit') await setTimes(Buffer.from(target), commitTime);
  return { commitTime };
}

type Git = (...args: string[]) => Promise<string>;

/** A repository without objects of its own: nothing is copied. */
async function borrow(git: Git, gitDir: string, options: CheckoutOptions): Promise<void> {
  const { source, repository, commit } = options;
  await git('init', '--quiet', '--template=', ...formatOf(commit));
  const alternates = join(gitDir, 'objects/info/alternates');
  await mkdir(join(alternates, '..'), { recursive: true });
  await writeFile(alternates, `${join(repository.folder, 'objects')}\n`);
  // Says where the history that is there ends.
  await copyFile(join(repository.folder, 'shallow'), join(gitDir, 'shallow')).catch(ignoreAbsent);
  await git('remote', 'add', 'origin', repository.origin);
  await git('checkout', '--quiet', '--force', '--detach', commit.object);
  await submodules(git, source);
}

/** A repository that is whole, for people who look into it: the commit, and the ref that led to it. */
async function cloneInto(git: Git, options: CheckoutOptions): Promise<void> {
  const { source, repository, commit } = options;
  await git('init', '--quiet', '--template=', ...formatOf(commit));
  await git('remote', 'add', 'origin', repository.origin);
  const ref = `${keptRef(commit.object)}${commit.ref === undefined ? '' : `:${commit.ref}`}`;
  // By the file protocol: a local clone would copy or link files, whatever they are (CVE-2022-39253).
  const work = join(options.temporary, 'work');
  await repository.callLocally({
    cwd: work,
    args: [
      `--git-dir=${join(work, '.git')}`,
      ...['fetch', '--quiet', '-u', '--depth=1', '--', `file://${repository.folder}`, ref],
    ],
  });
  await git('checkout', '--quiet', '--force', '--detach', commit.object);
  await submodules(git, source);
  await git('reflog', 'expire', '--all', '--expire=now');
  await rm(join(work, '.git/FETCH_HEAD'), { force: true });
}

function formatOf({ object }: ResolvedCommit): string[] {
  return object.length === 64 ? ['--object-format=sha256'] : [];
}

async function submodules(git: Git, source: GitSource): Promise<void> {
  if (!source.submodules) return;
  await git('submodule', '--quiet', 'update', '--init', '--recursive', '--depth=1');
}

/** The `.git` of submodules leads to folders of this machine; git tracks no path of that name. Names are bytes. */
async function removeGitFiles(folder: Buffer): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const path = within(folder, entry.name);
    if (entry.name.equals(DOT_GIT)) await rm(path, { recursive: true, force: true });
    else if (entry.isDirectory()) await removeGitFiles(path);
  }
}

const DOT_GIT = Buffer.from('.git');

function within(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), name]);
}

function ignoreAbsent(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

/** The folder that is asked for: links count as what they are, so that none leads out of the repository. */
async function folderIn(work: string, source: GitSource): Promise<string> {
  let at = work;
  for (const name of source.subdir.split('/').filter((part) => part !== '')) {
    at = join(at, name);
    const found = await lstat(at).catch(() => undefined);
    if (found?.isDirectory() === true) continue;
    const why = found === undefined ? 'is not there' : 'is no folder';
    throw new BuildError(
      'E_GIT',
      `${describeRemote({ ...source, subdir: '' })} has no folder ${safeText(source.subdir)}: ${safeText(at.slice(work.length + 1))} ${why}`,
      { hint: 'links are not followed on the way to it' },
    );
  }
  return at;
}

/** Gives everything below `folder`, and it, one time. Folders come last: what is set in them changes theirs. */
async function setTimes(folder: Buffer, seconds: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const path = within(folder, entry.name);
    if (entry.isDirectory()) await setTimes(path, seconds);
    else await lutimes(path, seconds, seconds);
  }
  await lutimes(folder, seconds, seconds);
}
