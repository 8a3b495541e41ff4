// The entries of what was scanned, folder by folder in canonical order, as they are gone through.

import { DIGEST_BYTES, digestAt } from '../../core/digest.ts';
import { compareNames } from '../../core/names.ts';
import type { Spool } from '../../core/spool.ts';
import type { Entry } from '../../image/entry.ts';
import { parentOf } from '../../image/tree/layer-paths.ts';
import { type ContextModes, contextMode } from './context-modes.ts';
import { joinPath, type Scan } from './scan-directory.ts';
import { type OpenFolder, openPart, type SpooledFolder } from './spooled-folder.ts';

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
    if (folder?.path === path) next++;
    const parts = folder?.path === path ? folder.files : [];
    return new RestOfFolder(path, { spool, parts }, modes, links);
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

/** The files of one folder that have not been given out yet. One part of them is open at a time. */
class RestOfFolder {
  readonly #path: string;
  readonly #spool: Spool;
  readonly #parts: SpooledFolder;
  readonly #modes: ContextModes;
  readonly #links: ReadonlyMap<string, string>;
  /** The part that is open, and how many are. */
  #open: OpenFolder | undefined;
  #opened = 0;
  #index = 0;

  constructor(
    path: string,
    { spool, parts }: { readonly spool: Spool; readonly parts: SpooledFolder },
    modes: ContextModes,
    links: ReadonlyMap<string, string>,
  ) {
    this.#path = path;
    this.#spool = spool;
    this.#parts = parts;
    this.#modes = modes;
    this.#links = links;
  }

  /** True where the directory `path` is in this one. */
  holds(path: string): boolean {
    return parentOf(path) === this.#path;
  }

  /** Gives out the files whose names come before `name`; all that are left where it is undefined. */
  *filesBefore(name: string | undefined): Generator<Entry> {
    for (let open = this.#part(); open !== undefined; open = this.#part()) {
      const { files } = open;
      for (; this.#index < files.count; this.#index++) {
        const file = files.name(this.#index);
        if (name !== undefined && compareNames(file, name) > 0) return;
        yield this.#entry(open, joinPath(this.#path, file));
      }
    }
  }

  /** The part that has files left; undefined where none has. */
  #part(): OpenFolder | undefined {
    if (this.#open !== undefined && this.#index < this.#open.files.count) return this.#open;
    const next = this.#parts[this.#opened++];
    this.#open = next && openPart(this.#spool, next);
    this.#index = 0;
    return this.#open;
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
