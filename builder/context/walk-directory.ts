// Lists a folder of a context without what the ignore rules keep out. Ignored folders are not even
// opened, unless a later rule may let something in them in again. fast-glob walks; what it sees, it sees
// through pinned directories, so that no link that is put in its way leads it out of the context.

import type { BigIntStats, Dirent } from 'node:fs';
import { isBuildError } from '../../core/errors.ts';
import type { SourceNode } from '../copy/source.ts';
import type { IgnoreRules } from './ignore.ts';
import { maskName, unmaskNames } from './masked-names.ts';
import {
  fileChanged,
  inPinnedDirectory,
  type PinnedDirectory,
  pathInside,
} from './pinned-directory.ts';

export interface FoundPath {
  /** Relative to the folder that was walked; '' is that folder (or the file that stood in its place). */
  readonly path: string;
  readonly stat: BigIntStats;
  /** The target of a link, as it is written. */
  readonly link?: string;
}

/**
 * Told of a folder (its path is relative to what is walked) and of what is in it and no folder, in no order. Undefined for the
 * folder: what was to be walked is a file itself. The walk goes on when the promise is fulfilled, so that no more than a
 * few folders are held at a time.
 */
export type OnFiles = (
  folder: FoundPath | undefined,
  files: readonly FoundPath[],
) => Promise<void> | void;

/**
 * Walks `node` of the context at `root` (absolute, without links) and returns its folders, itself among them, in no
 * order. `onIgnored` is told of each path that the rules keep out, but not of what is in a folder that is not opened
 * for them. Throws E_COPY_SOURCE, E_FILE_CHANGED, and what `onFiles` throws.
 */
export async function walkFolders(
  root: string,
  node: SourceNode,
  rules: IgnoreRules,
  onFiles: OnFiles,
  onIgnored: (path: string) => void = () => {},
): Promise<readonly FoundPath[]> {
  const absolute = pathInside(root, node.path);
  const top = lookAtTop(absolute);
  if (!top.stat.isDirectory()) {
    await onFiles(undefined, [top]);
    return [];
  }
  const { default: glob } = await import('fast-glob');
  const realPath = (path: string): string => (node.path === '' ? path : `${node.path}/${path}`);
  const isIgnored = (path: string): boolean => path !== '' && rules.ignores(realPath(path));
  const isPruned = (path: string): boolean => isIgnored(path) && rules.prunes(realPath(path));
  const shown = new Map([['', top]]);
  const hidden = new Map<string, FoundPath>();
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
    fs: fileSystem(absolute, {
      isIgnored,
      isPruned,
      onIgnored: (path) => onIgnored(realPath(path)),
      onFolder: (item, ignored) => (ignored ? hidden : shown).set(item.path, item),
      onFiles(path, files) {
        if (files.length > 0) holding.add(path);
        return onFiles(shown.get(path) ?? hidden.get(path), files);
      },
    }),
  });
  return withHiddenParents(shown, hidden, holding);
}

/** As `walkFolders`, and returns everything at once, files and folders. */
export async function walkDirectory(
  root: string,
  node: SourceNode,
  rules: IgnoreRules,
  onIgnored?: (path: string) => void,
): Promise<FoundPath[]> {
  const found: FoundPath[] = [];
  const take = (_: FoundPath | undefined, files: readonly FoundPath[]): void => {
    for (const file of files) found.push(file);
  };
  const folders = await walkFolders(root, node, rules, take, onIgnored);
  return [...folders, ...found];
}

/** An ignored folder that holds something that is let in again is there after all. */
function withHiddenParents(
  shown: ReadonlyMap<string, FoundPath>,
  hidden: ReadonlyMap<string, FoundPath>,
  holding: ReadonlySet<string>,
): readonly FoundPath[] {
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

/** What `path` itself is: it is looked at from the directory that it is in. */
function lookAtTop(path: string): FoundPath {
  const slash = path.lastIndexOf('/');
  const found = inPinnedDirectory(path.slice(0, slash) || '/', (directory) =>
    lookAt(directory, path.slice(slash + 1), ''),
  );
  if (found === undefined) throw fileChanged(path);
  return found;
}

/** Undefined for what is gone since it was listed: a moment later it would not have been listed. */
function lookAt(directory: PinnedDirectory, name: string, path: string): FoundPath | undefined {
  const stat = directory.lstat(name);
  if (stat === undefined) return undefined;
  return stat.isSymbolicLink() ? { path, stat, link: directory.readlink(name) } : { path, stat };
}

interface Sight {
  isIgnored(path: string): boolean;
  isPruned(path: string): boolean;
  onIgnored(path: string): void;
  onFolder(item: FoundPath, ignored: boolean): void;
  /** Told of what is in the folder `path` and no folder, without what is kept out: nobody needs to know more of that. */
  onFiles(path: string, files: readonly FoundPath[]): Promise<void> | void;
}

/** Where fast-glob believes that the folder is: the real path may have characters that it does not take. */
const AS_SHOWN = '/context';

/** The file system as fast-glob sees it: folders and nothing else, an ignored one empty, and names masked. */
function fileSystem(root: string, { isIgnored, isPruned, onIgnored, onFolder, onFiles }: Sight) {
  const list = (relative: string): Listed => {
    const listed: Listed = { folders: [], files: [] };
    if (isPruned(relative)) return listed;
    inPinnedDirectory(pathInside(root, relative), (directory) => {
      for (const name of directory.list()) {
        const at = relative === '' ? name : `${relative}/${name}`;
        const ignored = isIgnored(at);
        if (ignored) onIgnored(at);
        // What is in it may be let in again, if it is a folder.
        if (ignored && isPruned(at)) continue;
        const item = lookAt(directory, name, at);
        if (item === undefined) continue;
        if (item.stat.isDirectory()) {
          onFolder(item, ignored);
          listed.folders.push(asFolder(maskName(name)));
        } else if (!ignored) listed.files.push(item);
      }
    });
    return listed;
  };
  const attempt = (path: string): Listed => {
    try {
      return list(path);
    } catch (error) {
      // What may not be read and is kept out anyway is no harm, as in the reference.
      const harmless = isBuildError(error) && error.code === 'E_COPY_SOURCE' && isIgnored(path);
      if (!harmless) throw error;
      return { folders: [], files: [] };
    }
  };
  const visit = async (path: string): Promise<Dirent[]> => {
    const { folders, files } = attempt(path);
    await onFiles(path, files);
    return folders;
  };
  // Synchronous for the reason given in read-unchanged.ts; other work gets a turn between two folders.
  const readdir = (
    path: string,
    _options: object,
    done: (error: unknown, list: Dirent[]) => void,
  ): void => {
    setImmediate(() => {
      const relative = path.slice(AS_SHOWN.length).replace(/^\/+/, '');
      visit(unmaskNames(relative)).then(
        (folders) => done(null, folders),
        (error: unknown) => done(error, []),
      );
    });
  };
  return { readdir: readdir as unknown as typeof import('node:fs').readdir };
}

/** Of a folder, as much as fast-glob asks. */
function asFolder(name: string): Dirent {
  const [is, isNot] = [() => true, () => false];
  return { name, isDirectory: is, isSymbolicLink: isNot, isFile: isNot } as unknown as Dirent;
}

interface Listed {
  readonly folders: Dirent[];
  readonly files: FoundPath[];
}
