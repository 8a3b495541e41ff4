// Lists a folder of a context without what the ignore rules keep out. Ignored folders are not even
// opened, unless a later rule may let something in them in again. fast-glob walks; what it sees, it sees
// through pinned directories, so that no link that is put in its way leads it out of the context.

import type { Dirent } from 'node:fs';
import { isBuildError } from '../../core/errors.ts';
import type { SourceNode } from '../copy/source.ts';
import { FolderFiles } from './folder-files.ts';
import type { FolderListing } from './folder-listing.ts';
import type { FolderReader } from './folder-reader.ts';
import type { IgnoreRules } from './ignore.ts';
import { maskName, unmaskNames } from './masked-names.ts';
import { fileChanged, inPinnedDirectory, pathInside } from './pinned-directory.ts';

export interface FoundFolder {
  /** Relative to the folder that was walked; '' is that folder. */
  readonly path: string;
  /** Type and permission bits. */
  readonly mode: number;
  /** Nanoseconds since the epoch. */
  readonly mtime: bigint;
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * Told of a folder and of what is in it and no folder: what a layer can hold, and sockets and devices. Undefined for the
 * folder: what was to be walked is a file itself, and has the name ''. The walk goes on when the promise is fulfilled, so
 * that no more than some folders are held at a time.
 */
export type OnFiles = (
  folder: FoundFolder | undefined,
  files: FolderFiles,
  others: FolderFiles,
) => Promise<void> | void;

export interface Walk {
  /** The context: absolute, without links. */
  readonly root: string;
  /** What is walked of it. */
  readonly node: SourceNode;
  readonly rules: IgnoreRules;
  readonly reader: FolderReader;
  readonly onFiles: OnFiles;
  /** Told of each path that the rules keep out, but not of what is in a folder that is not opened for them. */
  readonly onIgnored?: (path: string) => void;
}

/** How many folders are in hand at a time: as many as keep a runner busy. */
const FOLDERS = 64;

/** Walks and returns the folders, the one that is walked among them, in no order. Throws E_COPY_SOURCE, E_FILE_CHANGED, and what `onFiles` throws. */
export async function walkFolders(walk: Walk): Promise<readonly FoundFolder[]> {
  const { root, node, rules, reader, onFiles, onIgnored = () => {} } = walk;
  const absolute = pathInside(root, node.path);
  const top = lookAtTop(absolute);
  if (top.folder === undefined) {
    await onFiles(undefined, top.files, top.others);
    return [];
  }
  const { default: glob } = await import('fast-glob');
  const realPath = (path: string): string => (node.path === '' ? path : `${node.path}/${path}`);
  const isIgnored = (path: string): boolean => path !== '' && rules.ignores(realPath(path));
  const isPruned = (path: string): boolean => isIgnored(path) && rules.prunes(realPath(path));
  const shown = new Map([['', top.folder]]);
  const hidden = new Map<string, FoundFolder>();
  /** Folders that hold a file, hidden ones too. */
  const holding = new Set<string>();
  // What is in a folder is taken where the folder is listed: fast-glob gets to know of folders only, and goes
  // through them. Its patterns would cost more for each file than all the rest does.
  await glob('**', {
    cwd: AS_SHOWN,
    dot: true,
    onlyDirectories: true,
    followSymbolicLinks: false,
    unique: false,
    concurrency: FOLDERS,
    fs: fileSystem({
      list: (path) => reader.list(pathInside(absolute, path)),
      isEmpty: rules.all.length === 0,
      isIgnored,
      isPruned,
      onIgnored: (path) => onIgnored(realPath(path)),
      onFolder: (folder, ignored) => (ignored ? hidden : shown).set(folder.path, folder),
      onFiles(path, files, others) {
        if (files.count + others.count > 0) holding.add(path);
        return onFiles(shown.get(path) ?? hidden.get(path), files, others);
      },
    }),
  });
  return withHiddenParents(shown, hidden, holding);
}

/** An ignored folder that holds something that is let in again is there after all. */
function withHiddenParents(
  shown: ReadonlyMap<string, FoundFolder>,
  hidden: ReadonlyMap<string, FoundFolder>,
  holding: ReadonlySet<string>,
): readonly FoundFolder[] {
  if (hidden.size === 0) return [...shown.values()];
  const needed = new Set(holding);
  for (const path of [...shown.keys(), ...holding]) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at);
      if (needed.has(parent)) break;
      needed.add(parent);
    }
  }
  const letIn = [...hidden.values()].filter(({ path }) => needed.has(path));
  return [...shown.values(), ...letIn];
}

interface Top {
  readonly folder: FoundFolder | undefined;
  /** The file that stands in its place. */
  readonly files: FolderFiles;
  readonly others: FolderFiles;
}

/** What `path` itself is: it is looked at from the directory that it is in. */
function lookAtTop(path: string): Top {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  return inPinnedDirectory(path.slice(0, slash) || '/', (directory) => {
    const stat = directory.lstat(name);
    if (stat === undefined) throw fileChanged(path);
    const link = stat.isSymbolicLink() ? directory.readlink(name) : '';
    const found = FolderFiles.of([{ name: '', stat, link }]);
    const nothing = FolderFiles.NONE;
    if (stat.isDirectory())
      return { folder: folderAt(found, 0, ''), files: nothing, others: nothing };
    const isOther = stat.isSocket() || stat.isBlockDevice() || stat.isCharacterDevice();
    const [files, others] = isOther ? [nothing, found] : [found, nothing];
    return { folder: undefined, files, others };
  });
}

function folderAt(folders: FolderFiles, index: number, path: string): FoundFolder {
  const { dev, ino, mtimeNs: mtime } = folders.identity(index);
  return { path, mode: folders.mode(index), mtime, dev, ino };
}

interface Sight {
  list(path: string): Promise<FolderListing>;
  isIgnored(path: string): boolean;
  isPruned(path: string): boolean;
  onIgnored(path: string): void;
  onFolder(folder: FoundFolder, ignored: boolean): void;
  /** Told of what is in the folder `path` and no folder, without what is kept out: nobody needs to know more of that. */
  onFiles(path: string, files: FolderFiles, others: FolderFiles): Promise<void> | void;
  /** Nothing is ignored: no name needs to be looked at for that. */
  readonly isEmpty: boolean;
}

/** Where fast-glob believes that the folder is: the real path may have characters that it does not take. */
const AS_SHOWN = '/context';

/** The file system as fast-glob sees it: folders and nothing else, an ignored one empty, and names masked. */
function fileSystem(sight: Sight) {
  const { isIgnored, isPruned, onIgnored } = sight;
  const visit = async (path: string): Promise<Dirent[]> => {
    const listing = isPruned(path) ? undefined : await listed(sight, path);
    if (listing === undefined) return [];
    const { files, folders, others, failed } = listing;
    const at = (name: string): string => (path === '' ? name : `${path}/${name}`);
    const isShown = (name: string): boolean => {
      const ignored = isIgnored(at(name));
      if (ignored) onIgnored(at(name));
      return !ignored;
    };
    const shown = (all: FolderFiles): FolderFiles =>
      sight.isEmpty ? all : all.filter((index) => isShown(all.name(index)));
    for (const [name, error] of failed) if (isShown(name)) throw error;
    const inside: Dirent[] = [];
    for (let index = 0; index < folders.count; index++) {
      const name = folders.name(index);
      const ignored = !isShown(name);
      // What is in it may be let in again.
      if (ignored && isPruned(at(name))) continue;
      sight.onFolder(folderAt(folders, index, at(name)), ignored);
      inside.push(asFolder(maskName(name)));
    }
    await sight.onFiles(path, shown(files), shown(others));
    return inside;
  };
  const readdir = (
    path: string,
    _options: object,
    done: (error: unknown, list: Dirent[]) => void,
  ): void => {
    const relative = path.slice(AS_SHOWN.length).replace(/^\/+/, '');
    visit(unmaskNames(relative)).then(
      (folders) => done(null, folders),
      (error: unknown) => done(error, []),
    );
  };
  return { readdir: readdir as unknown as typeof import('node:fs').readdir };
}

/** What is in a folder; undefined where it may not be read and is kept out anyway, which is no harm, as in the reference. */
async function listed({ list, isIgnored }: Sight, path: string) {
  try {
    return await list(path);
  } catch (error) {
    if (isBuildError(error) && error.code === 'E_COPY_SOURCE' && isIgnored(path)) return undefined;
    throw error;
  }
}

/** Of a folder, as much as fast-glob asks. */
function asFolder(name: string): Dirent {
  const [is, isNot] = [() => true, () => false];
  return { name, isDirectory: is, isSymbolicLink: isNot, isFile: isNot } as unknown as Dirent;
}
