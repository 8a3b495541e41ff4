// One walk of a folder of a context with the digests of its files: what a COPY's key is made of without
// a thing being made for each file. What was seen of them is in the build's spool, for scan-entries.ts.

import type { Table } from '../../cache/database.ts';
import { canonicalJson } from '../../core/canonical.ts';
import { type Digest, finishDigest, hexOf, startDigest } from '../../core/digest.ts';
import type { Spool } from '../../core/spool.ts';
import type { Entry } from '../../image/entry.ts';
import { comparePaths } from '../../image/tree/path-order.ts';
import type { SourceNode } from '../copy/source.ts';
import { type ContextModes, contextMode } from './context-modes.ts';
import { digestFile } from './file-digests.ts';
import { type FolderDigests, folderDigests, listingDigest } from './folder-digests.ts';
import { FolderFiles } from './folder-files.ts';
import type { IgnoreRules } from './ignore.ts';
import { pathInside } from './pinned-directory.ts';
import { SharedInodes } from './shared-inodes.ts';
import { openFolder, type SpooledFolder, spoolFolder } from './spooled-folder.ts';
import { type FoundPath, walkFolders } from './walk-directory.ts';

/** The files of a folder; its path is relative to what was scanned. */
export interface ScannedFolder {
  readonly path: string;
  readonly listing: Digest;
  readonly files: SpooledFolder;
}

export interface Scan {
  readonly modes: ContextModes;
  /** The folders that were seen, in canonical order; none where a file was scanned. */
  readonly directories: readonly Pick<Entry, 'path' | 'mode' | 'mtime'>[];
  /** Those of them that hold files, in canonical order; a file by itself counts as in one. */
  readonly folders: readonly ScannedFolder[];
  /** The names of each file that has several, in canonical order. */
  readonly links: readonly (readonly string[])[];
}

export interface ScanOptions {
  /** Absolute, without links. */
  readonly root: string;
  readonly rules: IgnoreRules;
  readonly modes: ContextModes;
  /** Remembered digests. */
  readonly digests: Table;
  readonly spool: Spool;
  readonly onSkipped: (path: string, kind: string) => void;
}

/** Scans `node`; where `keep` is given, only the files for which it is true. Throws E_COPY_SOURCE, E_FILE_CHANGED. */
export async function scanDirectory(
  { root, rules, modes, digests, spool, onSkipped }: ScanOptions,
  node: SourceNode,
  keep?: (path: string) => boolean,
): Promise<Scan> {
  const folders: ScannedFolder[] = [];
  const shared = new SharedInodes();
  const isTaken = (item: FoundPath): boolean => {
    if (keep?.(item.path) === false) return false;
    const { stat } = item;
    if (stat.isFile() || stat.isSymbolicLink() || stat.isFIFO()) return true;
    onSkipped(joinPath(node.path, item.path), stat.isSocket() ? 'socket' : 'device');
    return false;
  };
  const found = await walkFolders(root, node, rules, async (folder, items) => {
    const files = FolderFiles.of(items.filter(isTaken));
    if (files.names.length === 0) return;
    const path = folder?.path ?? '';
    const absolute = pathInside(root, joinPath(node.path, path));
    // What is less than the walk saw would take the place of the folder's record.
    const made =
      folder === undefined || keep !== undefined
        ? await digestsOfEach(digests, absolute, modes, files)
        : await folderDigests(digests, { path: absolute, ...inodeOf(folder) }, modes, files);
    for (let index = 0; index < files.names.length; index++) {
      const inode = files.shared(index);
      if (inode !== undefined) shared.add(inode);
    }
    const kept = spoolFolder(spool, { files, digests: made.digests });
    folders.push({ path, listing: made.listing, files: kept });
    await digests.settled();
  });
  const directories = found.map(({ path, stat }) => ({
    path,
    mode: contextMode(modes, Number(stat.mode & 0o7777n), true),
    mtime: stat.mtimeNs,
  }));
  folders.sort(byPath);
  const links = namesOf(shared.repeated(), spool, folders);
  return { modes, directories: directories.sort(byPath), folders, links };
}

/** Identifies everything of a scan but times. */
export function scanIdentity({ directories, folders, links }: Scan): Digest {
  const hash = startDigest();
  hash.update('slipway-selection/3\n');
  for (const { path, mode } of directories) hash.update(`${canonicalJson([path, mode])}\n`);
  hash.update('\n');
  for (const { path, listing } of folders) hash.update(`${canonicalJson([path, listing])}\n`);
  hash.update('\n');
  for (const names of links) hash.update(`${canonicalJson(names)}\n`);
  return finishDigest(hash);
}

/** The names, where there are several, of the files with these inodes. */
function namesOf(
  inodes: ReadonlySet<bigint>,
  spool: Spool,
  folders: readonly ScannedFolder[],
): readonly (readonly string[])[] {
  if (inodes.size === 0) return [];
  const names = new Map<string, string[]>();
  for (const { path, files: spooled } of folders) {
    const { files } = openFolder(spool, spooled);
    for (const [index, name] of files.names.entries()) {
      const inode = files.shared(index);
      if (inode === undefined || !inodes.has(inode)) continue;
      const file = `${files.identity(index).dev}:${inode}`;
      const known = names.get(file);
      if (known === undefined) names.set(file, [joinPath(path, name)]);
      else known.push(joinPath(path, name));
    }
  }
  const several = [...names.values()].filter(({ length }) => length > 1);
  for (const list of several) list.sort(comparePaths);
  return several.sort(([a = ''], [b = '']) => comparePaths(a, b));
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
    const path = joinPath(folder, name);
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

/** `path` in `base`; either may be ''. */
export function joinPath(base: string, path: string): string {
  return base === '' ? path : path === '' ? base : `${base}/${path}`;
}
