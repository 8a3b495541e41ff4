// Everything in a folder of a context as one list, for what describes a context: a build never has one.

import type { SourceNode } from '../copy/source.ts';
import type { FolderFiles } from './folder-files.ts';
import { FolderReader } from './folder-reader.ts';
import type { IgnoreRules } from './ignore.ts';
import { joinPath } from './scan-directory.ts';
import { type FoundFolder, walkFolders } from './walk-directory.ts';

export interface ListedPath {
  /** Relative to the folder that was walked; '' is that folder (or the file that stood in its place). */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Of a regular file. */
  readonly bytes: number;
  /** The target of a link, as it is written. */
  readonly link: string | undefined;
}

/** Lists `node` of the context at `root` (absolute, without links), in no order; `onIgnored` as in `walkFolders`. Throws E_COPY_SOURCE, E_FILE_CHANGED. */
export async function listContext(
  root: string,
  node: SourceNode,
  rules: IgnoreRules,
  onIgnored: (path: string) => void = () => {},
): Promise<ListedPath[]> {
  const listed: ListedPath[] = [];
  // A context can be described where there is no runner.
  const reader = new FolderReader(Number.POSITIVE_INFINITY);
  const onFiles = (folder: FoundFolder | undefined, ...found: readonly FolderFiles[]): void => {
    for (const files of found)
      for (let index = 0; index < files.count; index++)
        listed.push({
          path: joinPath(folder?.path ?? '', files.name(index)),
          isDirectory: false,
          bytes: files.isRegular(index) ? files.size(index) : 0,
          link: files.link(index),
        });
  };
  const folders = await walkFolders({ root, node, rules, reader, onFiles, onIgnored });
  for (const { path } of folders)
    listed.push({ path, isDirectory: true, bytes: 0, link: undefined });
  return listed;
}
