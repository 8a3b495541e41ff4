// What is in one folder, and the first way to find out: by lstat of each name, in this process. For a folder
// of a few hundred files that is quicker than to start the runner, whose listings have the same form.

import { FolderFiles, type StatFile } from './folder-files.ts';
import { inPinnedDirectory } from './pinned-directory.ts';

export interface FolderListing {
  /** Regular files, links and FIFOs. */
  readonly files: FolderFiles;
  readonly folders: FolderFiles;
  /** Sockets and devices. */
  readonly others: FolderFiles;
  /** What could not be looked at, which is of no interest where it is ignored: the error of each name. */
  readonly failed: ReadonlyMap<string, Error>;
}

/** Lists the folder at `path`: absolute and without a link in it; undefined where it has more than `most` names. Throws E_FILE_CHANGED, E_COPY_SOURCE. */
export function listFolder(path: string, most: number): FolderListing | undefined {
  const files: StatFile[] = [];
  const folders: StatFile[] = [];
  const others: StatFile[] = [];
  const failed = new Map<string, Error>();
  const isWhole = inPinnedDirectory(path, (directory) => {
    const names = directory.list();
    if (names.length > most) return false;
    for (const name of names) {
      try {
        const stat = directory.lstat(name);
        // Gone since it was listed: a moment later it would not have been.
        if (stat === undefined) continue;
        if (stat.isSymbolicLink()) files.push({ name, stat, link: directory.readlink(name) });
        else if (stat.isDirectory()) folders.push({ name, stat });
        else (stat.isFile() || stat.isFIFO() ? files : others).push({ name, stat });
      } catch (error) {
        failed.set(name, error as Error);
      }
    }
    return true;
  });
  if (!isWhole) return undefined;
  return {
    files: FolderFiles.of(files),
    folders: FolderFiles.of(folders),
    others: FolderFiles.of(others),
    failed,
  };
}
