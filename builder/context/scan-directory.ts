// One walk of a folder of a context with the digests of its files: what a COPY's key is made of without
// a thing being made for each file. What was seen of them is in the build's spool, for scan-entries.ts.

import type { Table } from '../../cache/database.ts';
import { canonicalJson } from '../../core/canonical.ts';
import { type Digest, finishDigest, startDigest } from '../../core/digest.ts';
import { LARGE_BUILD, limitHeapGrowth } from '../../core/heap-growth.ts';
import type { Spool } from '../../core/spool.ts';
import type { Entry } from '../../image/entry.ts';
import { comparePaths } from '../../image/tree/path-order.ts';
import type { SourceNode } from '../copy/source.ts';
import { type ContextModes, contextMode } from './context-modes.ts';
import { fileDigests } from './file-digests.ts';
import {
  type FolderDigestOptions,
  type FolderDigests,
  folderDigests,
  listingDigest,
} from './folder-digests.ts';
import type { FolderFiles } from './folder-files.ts';
import { FolderReader } from './folder-reader.ts';
import type { IgnoreRules } from './ignore.ts';
import { pathInside } from './pinned-directory.ts';
import { SharedInodes } from './shared-inodes.ts';
import { openPart, type SpooledFolder, spoolFolder } from './spooled-folder.ts';
import { type OnFiles, walkFolders } from './walk-directory.ts';

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

/** A folder costs as much memory as so many files. */
const FILES_IN_A_FOLDER = 8;

/** Scans `node`; where `keep` is given, only the files for which it is true. Throws E_COPY_SOURCE, E_FILE_CHANGED. */
export async function scanDirectory(
  { root, rules, modes, digests, spool, onSkipped }: ScanOptions,
  node: SourceNode,
  keep?: (path: string) => boolean,
): Promise<Scan> {
  const folders: ScannedFolder[] = [];
  let seen = 0;
  const shared = new SharedInodes();
  const reader = new FolderReader();
  const onFiles: OnFiles = async (folder, all, others) => {
    const path = folder?.path ?? '';
    const at = joinPath(node.path, path);
    const isTaken = (file: string): boolean => keep === undefined || keep(joinPath(path, file));
    const files = keep === undefined ? all : all.filter((index) => isTaken(all.name(index)));
    for (let index = 0; index < others.count; index++)
      if (isTaken(others.name(index)))
        onSkipped(joinPath(at, others.name(index)), others.isSocket(index) ? 'socket' : 'device');
    if (files.count === 0) return;
    seen += FILES_IN_A_FOLDER + files.count;
    if (seen > LARGE_BUILD) limitHeapGrowth();
    const absolute = pathInside(root, at);
    // What is less than the walk saw would take the place of the folder's record.
    const made =
      folder === undefined || keep !== undefined
        ? await digestsOfEach({ digests, reader, modes }, absolute, files)
        : await folderDigests({ digests, reader, modes }, { ...folder, path: absolute }, files);
    for (let index = 0; index < files.count; index++) {
      const inode = files.shared(index);
      if (inode !== undefined) shared.add(inode);
    }
    const kept = spoolFolder(spool, { files, digests: made.digests });
    folders.push({ path, listing: made.listing, files: kept });
    await digests.settled();
  };
  const found = await walkFolders({ root, node, rules, reader, onFiles }).finally(() =>
    reader.close(),
  );
  const directories = found.map(({ path, mode, mtime }) => ({
    path,
    mode: contextMode(modes, mode & 0o7777, true),
    mtime,
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
  const note = (path: string, files: FolderFiles): void => {
    for (let index = 0; index < files.count; index++) {
      const inode = files.shared(index);
      if (inode === undefined || !inodes.has(inode)) continue;
      const file = `${files.identity(index).dev}:${inode}`;
      const name = joinPath(path, files.name(index));
      const known = names.get(file);
      if (known === undefined) names.set(file, [name]);
      else known.push(name);
    }
  };
  for (const { path, files: parts } of folders)
    for (const part of parts) note(path, openPart(spool, part).files);
  const several = [...names.values()].filter(({ length }) => length > 1);
  for (const list of several) list.sort(comparePaths);
  return several.sort(([a = ''], [b = '']) => comparePaths(a, b));
}

async function digestsOfEach(
  { digests: table, reader, modes }: FolderDigestOptions,
  folder: string,
  files: FolderFiles,
): Promise<FolderDigests> {
  const digests = await fileDigests(table, reader, folder, files);
  return { digests, listing: listingDigest(files, digests, modes) };
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return comparePaths(a.path, b.path);
}

/** `path` in `base`; either may be ''. */
export function joinPath(base: string, path: string): string {
  return base === '' ? path : path === '' ? base : `${base}/${path}`;
}
