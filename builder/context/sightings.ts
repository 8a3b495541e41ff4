// What the walks of one context saw of its files. A file that two walks saw in two states has changed during
// the build: what one of them made of it must not be filled with the bytes of the other.

import type { Spool } from '../../core/spool.ts';
import type { FolderFiles } from './folder-files.ts';
import { fileChanged, pathInside } from './pinned-directory.ts';
import { openPart, partWith, type SpooledFolder, type SpooledPart } from './spooled-folder.ts';

/** A file as a walk saw it. */
export interface SeenFile {
  readonly files: FolderFiles;
  /** Its number among them. */
  readonly index: number;
  /** Its times are so young that they may stay as they are when it is written again. */
  readonly isRacy: boolean;
}

/** Says how a file was seen by a walk that began at `now` (milliseconds since the epoch). */
export function seenFile(files: FolderFiles, index: number, now: number): SeenFile {
  const settled = BigInt(now - GRAIN_MS) * 1_000_000n;
  return { files, index, isRacy: files.newest(index) > settled };
}

/** Longer than the grain of any file system's clock. */
const GRAIN_MS = 2_000;

interface Sighting {
  readonly files: SpooledFolder;
  /** When the walk began, in milliseconds since the epoch. */
  readonly at: number;
}

/** How many folders, or parts of large ones, are kept open: whoever reads files goes through one folder after the other, and back to those above. */
const OPEN = 16;

export class Sightings {
  readonly #root: string;
  readonly #spool: Spool;
  /** By folder; a file that was walked by itself stands under its own path. */
  readonly #folders = new Map<string, Sighting[]>();
  /** The one that was used last is the last. */
  readonly #open = new Map<SpooledPart, FolderFiles>();
  #last: { readonly part: SpooledPart; readonly files: FolderFiles } | undefined;

  /** `root` is the context's absolute path. */
  constructor(root: string, spool: Spool) {
    this.#root = root;
    this.#spool = spool;
  }

  /** Takes the files of a folder that a walk saw which began at `at` (milliseconds since the epoch). */
  add(folder: string, files: SpooledFolder, at: number): void {
    const known = this.#folders.get(folder);
    if (known === undefined) this.#folders.set(folder, [{ files, at }]);
    else known.push({ files, at });
  }

  /** How the file at `path` (relative to the context) looked; undefined where no walk came by it. Throws E_FILE_CHANGED. */
  get(path: string): SeenFile | undefined {
    const slash = path.lastIndexOf('/');
    const folder = path.slice(0, Math.max(slash, 0));
    const first = this.#add(path, '', path, undefined);
    return this.#add(folder, path.slice(slash + 1), path, first);
  }

  /** What `first` is, or the walks saw of `name` in `folder`: the same state each time. */
  #add(folder: string, name: string, path: string, first: SeenFile | undefined) {
    let seen = first;
    for (const { files: parts, at } of this.#folders.get(folder) ?? []) {
      const part = partWith(parts, name);
      if (part === undefined) continue;
      const files = this.#opened(part);
      const index = files.indexOf(name);
      if (index === -1) continue;
      if (seen !== undefined && !seen.files.state(seen.index).equals(files.state(index)))
        throw fileChanged(pathInside(this.#root, path));
      seen ??= seenFile(files, index, at);
    }
    return seen;
  }

  #opened(part: SpooledPart): FolderFiles {
    if (part === this.#last?.part) return this.#last.files;
    const files = this.#open.get(part) ?? openPart(this.#spool, part).files;
    this.#open.delete(part);
    this.#open.set(part, files);
    const [oldest] = this.#open.keys();
    if (this.#open.size > OPEN && oldest !== undefined) this.#open.delete(oldest);
    this.#last = { part, files };
    return files;
  }
}
