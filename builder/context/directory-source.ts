// A folder on disk as a source of files. It shows what the ignore rules let through, owned by 0:0 as
// everything from a context is, and hands out a file's bytes only while the file is what it was when
// it was digested.

import type { Table } from '../../cache/database.ts';
import { compareNames } from '../../core/names.ts';
import type { Spool } from '../../core/spool.ts';
import type { CopySource, SourceNode } from '../copy/source.ts';
import type { ContextModes } from './context-modes.ts';
import type { IgnoreRule, IgnoreRules } from './ignore.ts';
import { inPinnedDirectory, pathInside, realDirectory } from './pinned-directory.ts';
import { placeOfWalked, readWalked } from './read-walked.ts';
import { resolveInside, type Seen } from './resolve-inside.ts';
import {
  joinPath,
  type Scan,
  type ScanOptions,
  scanDirectory,
  scanIdentity,
} from './scan-directory.ts';
import { scanEntries } from './scan-entries.ts';
import { Sightings } from './sightings.ts';

export interface DirectorySourceOptions {
  /** As people know it: `the build context`. */
  readonly name: string;
  /** The folder. */
  readonly root: string;
  readonly rules: IgnoreRules;
  /** `keep` where it is left out. */
  readonly modes?: ContextModes;
  /** Remembered digests; see file-digests.ts and folder-digests.ts. */
  readonly digests: Table;
  /** Where what is seen of the files is kept while the source is used. */
  readonly spool: Spool;
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
  const { name, rules, modes = 'keep', digests, spool } = folder;
  const options = { root, rules, modes, digests, spool, onSkipped };
  const { seen, scan, scanAll } = openScans(options);

  /** A hidden folder shows itself only where something in it is let in again. */
  const isShown = async (node: SourceNode): Promise<boolean> => {
    if (node.path === '' || !rules.ignores(node.path)) return true;
    if (!node.isDirectory || rules.prunes(node.path)) return false;
    const { directories, folders } = await scanAll(node);
    return directories.length > 1 || folders.length > 0;
  };

  const stat = async (path: string): Promise<SourceNode | undefined> => {
    const node = await resolveInside(path, async (at) => {
      const seen = lookAt(root, at);
      return seen?.kind !== 'dir' && rules.ignores(at) ? undefined : seen;
    });
    return node !== undefined && (await isShown(node)) ? node : undefined;
  };

  return {
    name,
    stat,
    async walk(node, keep) {
      return scanEntries(spool, await (keep === undefined ? scanAll(node) : scan(node, keep)));
    },
    async list(path) {
      const shown: string[] = [];
      const names = inPinnedDirectory(pathInside(root, path), (directory) => [...directory.list()]);
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
      return scanIdentity(await scanAll(node));
    },
    read: (files) => readWalked(root, files, seen),
    places: async () => (file) => placeOfWalked(root, file, seen),
  };
}

/** The scans of one context: of the whole of a node once, and what all of them saw. */
function openScans(options: ScanOptions) {
  const seen = new Sightings(options.root, options.spool);
  const scans = new Map<string, Promise<Scan>>();
  const scan = async (node: SourceNode, keep?: (path: string) => boolean): Promise<Scan> => {
    const now = Date.now();
    const made = await scanDirectory(options, node, keep);
    for (const { path, files } of made.folders) seen.add(joinPath(node.path, path), files, now);
    return made;
  };
  const scanAll = (node: SourceNode): Promise<Scan> => {
    const known = scans.get(node.path);
    if (known !== undefined) return known;
    const made = scan(node);
    scans.set(node.path, made);
    return made;
  };
  return { seen, scan, scanAll };
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
