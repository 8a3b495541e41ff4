// Lists a folder of a context without what the ignore rules keep out. Ignored folders are not even
// opened, unless a later rule may let something in them in again.

import fs, { type BigIntStats, lstatSync } from 'node:fs';
import { BuildError, errnoOf } from '../../core/errors.ts';
import type { SourceNode } from '../copy/source.ts';
import type { IgnoreRules } from './ignore.ts';

export interface FoundPath {
  /** Relative to the folder that was walked; '' is that folder (or the file that stood in its place). */
  readonly path: string;
  readonly stat: BigIntStats;
}

/** Returns what `absolute` (the place of `node` on disk) holds, in no order. Throws E_COPY_SOURCE, E_UNSUPPORTED. */
export async function walkDirectory(
  absolute: string,
  node: SourceNode,
  rules: IgnoreRules,
): Promise<FoundPath[]> {
  const top: FoundPath = { path: '', stat: lstatSync(absolute, { bigint: true }) };
  if (!top.stat.isDirectory()) return [top];
  const { default: glob } = await import('fast-glob');
  const realPath = (path: string): string => (node.path === '' ? path : `${node.path}/${path}`);
  const found: FoundPath[] = [top];
  try {
    const items = await glob('**', {
      cwd: absolute,
      dot: true,
      onlyFiles: false,
      followSymbolicLinks: false,
      objectMode: true,
      unique: false,
      fs: prunedFileSystem(
        absolute,
        (path) => rules.ignores(realPath(path)) && rules.prunes(realPath(path)),
      ),
    });
    const hidden = new Map<string, FoundPath>();
    for (const { path } of items) {
      refuseUndecodable(path);
      // Synchronous for the reason given in read-unchanged.ts.
      const item = { path, stat: lstatSync(`${absolute}/${path}`, { bigint: true }) };
      if (!rules.ignores(realPath(path))) found.push(item);
      else if (item.stat.isDirectory()) hidden.set(path, item);
    }
    return withHiddenParents(found, hidden);
  } catch (error) {
    throw readable(absolute, error);
  }
}

/** An ignored folder that holds something that is let in again is there after all. */
function withHiddenParents(
  found: FoundPath[],
  hidden: ReadonlyMap<string, FoundPath>,
): FoundPath[] {
  if (hidden.size === 0) return found;
  const needed = new Set<string>();
  for (const { path } of found) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at);
      if (needed.has(parent)) break;
      needed.add(parent);
    }
  }
  for (const [path, item] of hidden) if (needed.has(path)) found.push(item);
  return found;
}

/** The file system as fast-glob sees it: an ignored folder is listed as empty. */
function prunedFileSystem(root: string, pruned: (path: string) => boolean) {
  const readdir = ((
    path: string,
    options: object,
    done: (error: Error | null, list: unknown[]) => void,
  ) => {
    const relative = path.slice(root.length).replace(/^\/+/, '');
    if (relative !== '' && pruned(relative)) done(null, []);
    else fs.readdir(path, options as { withFileTypes: true }, done);
  }) as typeof fs.readdir;
  return { readdir };
}

/** Node hands out names as UTF-8; a name that is not would be copied under another name. */
function refuseUndecodable(path: string): void {
  if (!path.includes('\ufffd')) return;
  throw new BuildError('E_UNSUPPORTED', `the name of ${path} is not UTF-8`, {
    hint: 'rename the file, or list it in .dockerignore',
  });
}

function readable(absolute: string, error: unknown): unknown {
  if (errnoOf(error) !== 'EACCES') return error;
  const path = (error as NodeJS.ErrnoException).path ?? absolute;
  return new BuildError('E_COPY_SOURCE', `${path} cannot be read: permission denied`, {
    cause: error,
    hint: 'make it readable, or list it in .dockerignore',
  });
}
