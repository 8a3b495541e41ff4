// What the walks of one context saw of its files. A file that two walks saw in two states has changed during
// the build: what one of them made of it must not be filled with the bytes of the other.

import type { Spool } from '../../core/spool.ts';
import { sameIdentity } from './file-identity.ts';
import type { FolderFiles } from './folder-files.ts';
import { fileChanged, pathInside } from './pinned-directory.ts';
import { type SeenFile, seenFile } from './read-walked.ts';
import { openFolder, type SpooledFolder } from './spooled-folder.ts';

interface Sighting {
  readonly files: SpooledFolder;
  /** When the walk began, in milliseconds since the epoch. */
  readonly at: number;
}

/** How many folders are kept open: whoever reads files goes through one folder after the other, and back to those above. */
const OPEN = 16;

export class Sightings {
  readonly #root: string;
  readonly #spool: Spool;
  /** By folder; a file that was walked by itself stands under its own path. */
  readonly #folders = new Map<string, Sighting[]>();
  /** The one that was used last is the last. */
  readonly #open = new Map<SpooledFolder, FolderFiles>();

  /** `root` is the context's absolute path. */
  constructor(root: string, spool: Spool) {
    this.#root = root;
    this.#spool = spool;
  }

  add(folder: string, files: SpooledFolder, at: number): void {
    const known = this.#folders.get(folder);
    if (known === undefined) this.#folders.set(folder, [{ files, at }]);
    else known.push({ files, at });
  }

  /** How the file at `path` (relative to the context) looked; undefined where no walk came by it. Throws E_FILE_CHANGED. */
  get(path: string): SeenFile | undefined {
    const slash = path.lastIndexOf('/');
    const folder = path.slice(0, Math.max(slash, 0));
    const [first, ...others] = [
      ...this.#named(path, ''),
      ...this.#named(folder, path.slice(slash + 1)),
    ];
    for (const { identity } of others)
      if (first !== undefined && !sameIdentity(first.identity, identity))
        throw fileChanged(pathInside(this.#root, path));
    return first;
  }

  *#named(folder: string, name: string): Iterable<SeenFile> {
    for (const { files: spooled, at } of this.#folders.get(folder) ?? []) {
      const files = this.#opened(spooled);
      const index = files.indexOf(name);
      if (index !== -1) yield seenFile(files.identity(index), at);
    }
  }

  #opened(spooled: SpooledFolder): FolderFiles {
    const files = this.#open.get(spooled) ?? openFolder(this.#spool, spooled).files;
    this.#open.delete(spooled);
    this.#open.set(spooled, files);
    const [oldest] = this.#open.keys();
    if (this.#open.size > OPEN && oldest !== undefined) this.#open.delete(oldest);
    return files;
  }
}
