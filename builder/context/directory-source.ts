// A folder on disk as a source of files. It shows what the ignore rules let through, owned by 0:0 as
// everything from a context is, and hands out a file's bytes only while the file is what it was when
// it was digested.

import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Table } from '../../cache/database.ts';
import { digestOf } from '../../core/canonical.ts';
import type { Digest } from '../../core/digest.ts';
import { compareNames } from '../../core/names.ts';
import type { Entry } from '../../image/entry.ts';
import { comparePaths } from '../../image/tree/path-order.ts';
import type { CopySource, SourceNode } from '../copy/source.ts';
import { type ContextModes, contextMode } from './context-modes.ts';
import { digestFile, knownFileDigest } from './file-digests.ts';
import type { IgnoreRule, IgnoreRules } from './ignore.ts';
import { inPinnedDirectory, pathInside, realDirectory } from './pinned-directory.ts';
import { readWalked, type SeenFile, seenFile } from './read-walked.ts';
import { resolveInside, type Seen } from './resolve-inside.ts';
import { type FoundPath, walkDirectory } from './walk-directory.ts';

/** How many files are looked at before other work gets a turn: signals, steps that run. */
const TURN = 64;

export interface DirectorySourceOptions {
  /** As people know it: `the build context`. */
  readonly name: string;
  /** The folder. */
  readonly root: string;
  readonly rules: IgnoreRules;
  /** `keep` where it is left out. */
  readonly modes?: ContextModes;
  /** Remembered digests; see file-digests.ts. */
  readonly digests: Table;
  /** Told once of each socket and device: no layer takes one from a context. */
  readonly onSkipped: (path: string, kind: string) => void;
}

/** Makes a source of a folder, which must be there. */
export function directorySource(folder: DirectorySourceOptions): CopySource {
  const root = realDirectory(folder.root);
  const told = new Set<string>();
  const onSkipped = (path: string, kind: string): void => {
    if (!told.has(path)) folder.onSkipped(path, kind);
    told.add(path);
  };
  const options = { ...folder, root, onSkipped };
  const { name, rules } = options;
  const seen = new Map<string, SeenFile>();
  const walks = new Map<string, Promise<readonly Entry[]>>();

  const walk: CopySource['walk'] = (node, keep) => {
    if (keep !== undefined) return walkEntries(options, node, seen, keep);
    const known = walks.get(node.path);
    if (known !== undefined) return known;
    const made = walkEntries(options, node, seen);
    walks.set(node.path, made);
    return made;
  };

  /** A hidden folder shows itself only where something in it is let in again. */
  const isShown = async (node: SourceNode): Promise<boolean> =>
    node.path === '' ||
    !rules.ignores(node.path) ||
    (node.isDirectory && !rules.prunes(node.path) && (await walk(node)).length > 1);

  const stat = async (path: string): Promise<SourceNode | undefined> => {
    const node = await resolveInside(path, async (at) => {
      const seen = lookAt(root, at);
      return seen?.kind !== 'dir' && rules.ignores(at) ? undefined : seen;
    });
    return node !== undefined && (await isShown(node)) ? node : undefined;
  };

  return {
    name,
    walk,
    stat,
    async list(path) {
      const shown: string[] = [];
      const names = inPinnedDirectory(pathInside(root, path), (directory) =>
        directory.list().map((entry) => entry.name),
      );
      for (const child of names.sort(compareNames)) {
        const at = joinPath(path, child);
        if (!rules.ignores(at) || (await stat(at))?.path === at) shown.push(child);
      }
      return shown;
    },
    async hiddenBy(path) {
      let rule: IgnoreRule | undefined;
      const node = await resolveInside(path, async (at) => {
        if (rules.ignores(at)) rule ??= rules.applied(at).at(-1);
        return lookAt(root, at);
      });
      return node && rule;
    },
    async identity(node) {
      return identityOf(await walk(node));
    },
    read: (files) => readWalked(root, files, seen),
  };
}

async function walkEntries(
  options: DirectorySourceOptions,
  node: SourceNode,
  seen: Map<string, SeenFile>,
  keep: (path: string) => boolean = () => true,
): Promise<readonly Entry[]> {
  const now = Date.now();
  const found = await walkDirectory(options.root, node, options.rules);
  const entries: Entry[] = [];
  /** The inodes of files that have several names, by path. */
  const shared = new Map<string, string>();
  for (const [index, item] of found.entries()) {
    if (index % TURN === TURN - 1) await setImmediate();
    if (!item.stat.isDirectory() && !keep(item.path)) continue;
    const real = joinPath(node.path, item.path);
    const entry = await entryOf(options, real, item);
    if (entry === undefined) continue;
    if (entry.type === 'file') {
      seen.set(real, seenFile(item.stat, now));
      if (item.stat.nlink > 1n) shared.set(item.path, `${item.stat.dev}:${item.stat.ino}`);
    }
    entries.push(entry);
  }
  return linked(
    entries.sort((a, b) => comparePaths(a.path, b.path)),
    shared,
  );
}

/** The second and later names of a file become hard links to the first, as the reference copies them. */
function linked(entries: readonly Entry[], shared: ReadonlyMap<string, string>): readonly Entry[] {
  if (shared.size < 2) return entries;
  const firsts = new Map<string, string>();
  return entries.map((entry) => {
    const inode = shared.get(entry.path);
    if (inode === undefined) return entry;
    const link = firsts.get(inode);
    if (link === undefined) firsts.set(inode, entry.path);
    const { digest: _, ...rest } = entry;
    return link === undefined ? entry : { ...rest, type: 'hardlink', size: 0, link };
  });
}

async function entryOf(
  { root, modes = 'keep', digests, onSkipped }: DirectorySourceOptions,
  real: string,
  { path, stat, link }: FoundPath,
): Promise<Entry | undefined> {
  const base = {
    path,
    mode: contextMode(modes, Number(stat.mode & 0o7777n), stat.isDirectory()),
    uid: 0,
    gid: 0,
    mtime: stat.mtimeNs,
    size: 0,
  };
  if (stat.isDirectory()) return { ...base, type: 'dir' };
  if (stat.isFile()) {
    const digest =
      knownFileDigest(digests, stat) ?? (await digestFile(digests, join(root, real), stat));
    return { ...base, type: 'file', size: Number(stat.size), digest };
  }
  if (link !== undefined) return { ...base, type: 'symlink', mode: 0o777, link };
  if (stat.isFIFO()) return { ...base, type: 'fifo' };
  onSkipped(real, stat.isSocket() ? 'socket' : 'device');
  return undefined;
}

/** Everything of the entries but their times. */
function identityOf(entries: readonly Entry[]): Digest {
  return digestOf(
    'slipway-selection/1',
    entries.map(({ path, type, mode, size, digest, link }) => [
      path,
      type,
      mode,
      size,
      digest ?? link ?? '',
    ]),
  );
}

function lookAt(root: string, path: string): Seen {
  const slash = path.lastIndexOf('/');
  const folder = pathInside(root, path.slice(0, Math.max(slash, 0)));
  return inPinnedDirectory(folder, (directory) => {
    const name = path.slice(slash + 1);
    const stat = directory.lstat(name);
    if (stat === undefined) return undefined;
    if (stat.isSymbolicLink()) return { kind: 'link', target: directory.readlink(name) };
    return { kind: stat.isDirectory() ? 'dir' : 'other' };
  });
}

function joinPath(base: string, path: string): string {
  return base === '' ? path : path === '' ? base : `${base}/${path}`;
}
