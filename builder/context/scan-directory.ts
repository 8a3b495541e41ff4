// One walk of a folder of a context with the digests of its files: what a COPY's key is made of without
// a thing being made for each file, and the entries, where the copy is done after all.

import type { Table } from '../../cache/database.ts';
import { digestOf } from '../../core/canonical.ts';
import { type Digest, digestOfBytes, hexOf } from '../../core/digest.ts';
import type { Entry } from '../../image/entry.ts';
import { comparePaths } from '../../image/tree/path-order.ts';
import type { SourceNode } from '../copy/source.ts';
import { type ContextModes, contextMode } from './context-modes.ts';
import { digestFile } from './file-digests.ts';
import { type FolderDigests, folderDigests, listingDigest } from './folder-digests.ts';
import { FolderFiles } from './folder-files.ts';
import type { IgnoreRules } from './ignore.ts';
import { pathInside } from './pinned-directory.ts';
import { type FoundPath, walkFolders } from './walk-directory.ts';

/** The files of a folder; its path is relative to what was scanned. */
export interface ScannedFolder extends FolderDigests {
  readonly path: string;
  readonly files: FolderFiles;
}

export interface Scan {
  readonly modes: ContextModes;
  /** The folders that were seen, in canonical order; none where a file was scanned. */
  readonly directories: readonly Pick<Entry, 'path' | 'mode' | 'mtime'>[];
  /** Those of them that hold files, in canonical order; a file by itself counts as in one. */
  readonly folders: readonly ScannedFolder[];
}

export interface ScanOptions {
  /** Absolute, without links. */
  readonly root: string;
  readonly rules: IgnoreRules;
  readonly modes: ContextModes;
  /** Remembered digests. */
  readonly digests: Table;
  readonly onSkipped: (path: string, kind: string) => void;
}

/** Scans `node`; where `keep` is given, only the files for which it is true. Throws E_COPY_SOURCE, E_FILE_CHANGED. */
export async function scanDirectory(
  { root, rules, modes, digests, onSkipped }: ScanOptions,
  node: SourceNode,
  keep?: (path: string) => boolean,
): Promise<Scan> {
  const folders: ScannedFolder[] = [];
  const isTaken = (item: FoundPath): boolean => {
    if (keep?.(item.path) === false) return false;
    const { stat } = item;
    if (stat.isFile() || stat.isSymbolicLink() || stat.isFIFO()) return true;
    onSkipped(join(node.path, item.path), stat.isSocket() ? 'socket' : 'device');
    return false;
  };
  const found = await walkFolders(root, node, rules, async (folder, items) => {
    const files = new FolderFiles(items.filter(isTaken));
    if (files.names.length === 0) return;
    const path = folder?.path ?? '';
    const absolute = pathInside(root, join(node.path, path));
    // What is less than the walk saw would take the place of the folder's record.
    const made =
      folder === undefined || keep !== undefined
        ? await digestsOfEach(digests, absolute, modes, files)
        : await folderDigests(digests, { path: absolute, ...inodeOf(folder) }, modes, files);
    folders.push({ path, files, ...made });
  });
  const directories = found.map(({ path, stat }) => ({
    path,
    mode: contextMode(modes, Number(stat.mode & 0o7777n), true),
    mtime: stat.mtimeNs,
  }));
  return { modes, directories: directories.sort(byPath), folders: folders.sort(byPath) };
}

/** Identifies everything of a scan but times. */
export function scanIdentity({ directories, folders }: Scan): Digest {
  const names: string[][] = [...sharedFiles(folders).values()].filter(({ length }) => length > 1);
  return digestOf('slipway-selection/2', {
    directories: directories.map(({ path, mode }) => [path, mode]),
    folders: folders.map(({ path, listing }) => [path, listing]),
    links: names.sort(([a = ''], [b = '']) => comparePaths(a, b)),
  });
}

/** The entries of a scan, in canonical order. The second and later names of a file are hard links to the first, as the reference copies them. */
export function scanEntries({ modes, directories, folders }: Scan): readonly Entry[] {
  const owner = { uid: 0, gid: 0, size: 0 };
  const entries: Entry[] = directories.map((directory) => ({
    ...directory,
    ...owner,
    type: 'dir',
  }));
  const links = new Map<string, string>();
  for (const [first, ...others] of sharedFiles(folders).values())
    if (first !== undefined) for (const path of others) links.set(path, first);
  for (const { path: folder, files, digests } of folders) {
    for (const [index, name] of files.names.entries()) {
      const path = join(folder, name);
      const mode = contextMode(modes, files.mode(index) & 0o7777, false);
      const { mtimeNs: mtime, size } = files.identity(index);
      const base = { path, mode, ...owner, mtime };
      const [target, link] = [files.link(index), links.get(path)];
      if (target !== undefined)
        entries.push({ ...base, type: 'symlink', mode: 0o777, link: target });
      else if (files.isFifo(index)) entries.push({ ...base, type: 'fifo' });
      else if (link !== undefined) entries.push({ ...base, type: 'hardlink', link });
      else {
        const digest = digestOfBytes(digests.subarray(index * 32, (index + 1) * 32));
        entries.push({ ...base, type: 'file', size: Number(size), ...(digest && { digest }) });
      }
    }
  }
  return entries.sort(byPath);
}

/** The names of each file that may have several, in canonical order, by inode. */
function sharedFiles(folders: readonly ScannedFolder[]): Map<string, string[]> {
  const shared = new Map<string, string[]>();
  for (const { path, files } of folders) {
    for (const [index, name] of files.names.entries()) {
      const inode = files.shared(index);
      if (inode === undefined) continue;
      const names = shared.get(inode);
      if (names === undefined) shared.set(inode, [join(path, name)]);
      else names.push(join(path, name));
    }
  }
  for (const names of shared.values()) names.sort(comparePaths);
  return shared;
}

async function digestsOfEach(
  table: Table,
  folder: string,
  modes: ContextModes,
  files: FolderFiles,
): Promise<FolderDigests> {
  const digests = Buffer.alloc(files.names.length * 32);
  for (const [index, name] of files.names.entries()) {
    if (!files.isRegular(index)) continue;
    const path = join(folder, name);
    const digest = await digestFile(table, path, files.identity(index));
    digests.set(Buffer.from(hexOf(digest), 'hex'), index * 32);
  }
  return { digests, listing: listingDigest(files, digests, modes) };
}

function inodeOf({ stat: { dev, ino } }: FoundPath) {
  return { dev, ino };
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return comparePaths(a.path, b.path);
}

function join(base: string, path: string): string {
  return base === '' ? path : path === '' ? base : `${base}/${path}`;
}
