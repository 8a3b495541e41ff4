// The files of a commit. The key is the commit and what is taken of it, whatever branch or address led to
// it. The checkout becomes the layer's folder, as that of a RUN does.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Table } from '../../cache/database.ts';
import type { KeyParts } from '../../cache/records.ts';
import { Spool } from '../../core/spool.ts';
import { withoutRoot } from '../../image/changed-entries.ts';
import type { Entry } from '../../image/entry.ts';
import { directorySource } from '../context/directory-source.ts';
import { NO_RULES } from '../context/ignore.ts';
import type { Checkout } from '../remote/git/checkout.ts';
import type { ResolvedCommit } from '../remote/git/resolve-commit.ts';
import { describeRemote, type GitSource } from '../remote/remote-source.ts';
import type { Op } from './op.ts';

/** A git address, ready to be asked and fetched. */
export interface OpenGit {
  resolve(): Promise<ResolvedCommit>;
  /** The commit's own time, in seconds since the epoch. */
  time(commit: ResolvedCommit): Promise<number>;
  /** Puts the files into the new folder `target`; `temporary` is an empty folder beside it. */
  checkout(commit: ResolvedCommit, temporary: string, target: string): Promise<Checkout>;
}

export interface FetchGitInputs {
  readonly git: () => Promise<OpenGit>;
  /** Makes a folder that lives as long as the build. */
  readonly temporary: () => Promise<string>;
}

/** Binds the fetch of a commit's files. */
export function fetchGitOp(source: GitSource, { git, temporary }: FetchGitInputs): Op {
  let resolved: Promise<ResolvedCommit> | undefined;
  const resolve = (): Promise<ResolvedCommit> => {
    resolved ??= git().then((opened) => opened.resolve());
    return resolved;
  };
  return {
    async key(): Promise<KeyParts> {
      const { object, commit, ref } = await resolve();
      const { subdir, keepGitDir, submodules, mtime } = source;
      return [
        ['op', 'fetch'],
        // With .git the tag and the ref are among the files.
        ['commit', keepGitDir ? object : commit],
        ['ref', keepGitDir ? (ref ?? '') : ''],
        ['folder', subdir],
        ['keep .git', String(keepGitDir)],
        ['submodules', String(submodules)],
        ['times', mtime],
      ];
    },
    async run() {
      const commit = await resolve();
      const base = await temporary();
      const container = join(base, 'layer');
      await mkdir(container);
      await (await git()).checkout(commit, base, join(container, 'fs'));
      return { entries: await entriesOf(source, base), folder: container };
    },
    contents: async () => undefined,
  };
}

const NOTHING_KNOWN: Table = {
  get: () => undefined,
  has: () => false,
  put() {},
  delete() {},
  settled: async () => {},
  entries: () => [],
};

/** The entries of the checkout in `layer/fs` of the folder `base`. */
async function entriesOf(source: GitSource, base: string): Promise<Iterable<Entry>> {
  const spool = new Spool(join(base, 'spool'));
  const folder = directorySource({
    name: describeRemote(source),
    root: join(base, 'layer', 'fs'),
    spool,
    rules: NO_RULES,
    // The folder is new: nothing is known of it, and it will not be looked at again.
    digests: NOTHING_KNOWN,
    onSkipped() {},
  });
  const entries = await folder.walk({ path: '', isDirectory: true });
  // The root is the empty image's.
  return withoutRoot(entries);
}
