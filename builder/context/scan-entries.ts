// The entries of what was scanned, folder by folder in canonical order, as they are gone through.

import { DIGEST_BYTES, digestAt } from '../../core/digest.ts';
import { compareNames } from '../../core/names.ts';
import type { Spool } from '../../core/spool.ts';
import type { Entry } from '../../image/entry.ts';
import { parentOf } from '../../image/tree/layer-paths.ts';
import { type ContextModes, contextMode } from './context-modes.ts';
import { joinPath, type Scan } from './scan-directory.ts';
import { type OpenFolder, openFolder } from './spooled-folder.ts';

const OWNER = { uid: 0, gid: 0, size: 0 };

/** The entries of a scan. The second and later names of a file are hard links to the first, as the reference copies them. */
export function scanEntries(spool: Spool, scan: Scan): Iterable<Entry> {
  return { [Symbol.iterator]: () => entriesOf(spool, scan) };
}

function* entriesOf(spool: Spool, scan: Scan): Generator<Entry> {
  const { modes, directories, folders } = scan;
  const links = new Map<string, string>();
  for (const [first, ...others] of scan.links)
    if (first !== undefined) for (const path of others) links.set(path, first);
  /** The directories that lead to where the walk is, each with what is left of its files. */
  const open: RestOfFolder[] = [];
  let next = 0;
  const filesOf = (path: string): RestOfFolder => {
    const folder = folders[next];
    if (folder?.path !== path) return new RestOfFolder(path, undefined, modes, links);
    next++;
    return new RestOfFolder(path, openFolder(spool, folder.files), modes, links);
  };
  for (const directory of directories) {
    const { path } = directory;
    for (let top = open.at(-1); top !== undefined && !top.holds(path); top = open.at(-1)) {
      yield* top.filesBefore(undefined);
      open.pop();
    }
    yield* open.at(-1)?.filesBefore(path.slice(path.lastIndexOf('/') + 1)) ?? [];
    yield { ...directory, ...OWNER, type: 'dir' };
    open.push(filesOf(path));
  }
  // A file that was scanned is in no directory.
  if (directories.length === 0) open.push(filesOf(''));
  for (let top = open.pop(); top !== undefined; top = open.pop()) yield* top.filesBefore(undefined);
}

/** The files of one folder that have not been given out yet. */
class RestOfFolder {
  readonly #path: string;
  readonly #folder: OpenFolder | undefined;
  readonly #modes: ContextModes;
  readonly #links: ReadonlyMap<string, string>;
  #index = 0;

  constructor(
    path: string,
    folder: OpenFolder | undefined,
    modes: ContextModes,
    links: ReadonlyMap<string, string>,
  ) {
    this.#path = path;
    this.#folder = folder;
    this.#modes = modes;
    this.#links = links;
  }

  /** True where the directory `path` is in this one. */
  holds(path: string): boolean {
    return parentOf(path) === this.#path;
  }

  /** Gives out the files whose names come before `name`; all that are left where it is undefined. */
  *filesBefore(name: string | undefined): Generator<Entry> {
    if (this.#folder === undefined) return;
    const { files } = this.#folder;
    for (; this.#index < files.count; this.#index++) {
      const file = files.name(this.#index);
      if (name !== undefined && compareNames(file, name) > 0) return;
      yield this.#entry(this.#folder, joinPath(this.#path, file));
    }
  }

  #entry({ files, digests }: OpenFolder, path: string): Entry {
    const index = this.#index;
    const mode = contextMode(this.#modes, files.mode(index) & 0o7777, false);
    const { mtimeNs: mtime, size } = files.identity(index);
    const base = { path, mode, ...OWNER, mtime };
    const [target, link] = [files.link(index), this.#links.get(path)];
    if (target !== undefined) return { ...base, type: 'symlink', mode: 0o777, link: target };
    if (files.isFifo(index)) return { ...base, type: 'fifo' };
    if (link !== undefined) return { ...base, type: 'hardlink', link };
    const digest = digestAt(digests, index * DIGEST_BYTES);
    return { path, type: 'file', mode, uid: 0, gid: 0, mtime, size: Number(size), digest };
  }
}
