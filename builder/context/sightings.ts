// What the walks of one context saw of its files. A file that two walks saw in two states has changed during
// the build: what one of them made of it must not be filled with the bytes of the other.

import { sameIdentity } from './file-identity.ts';
import type { FolderFiles } from './folder-files.ts';
import { fileChanged, pathInside } from './pinned-directory.ts';
import { type SeenFile, seenFile } from './read-walked.ts';

interface Sighting {
  readonly files: FolderFiles;
  /** When the walk began, in milliseconds since the epoch. */
  readonly at: number;
}

export class Sightings {
  readonly #root: string;
  /** By folder; a file that was walked by itself stands under its own path. */
  readonly #folders = new Map<string, Sighting[]>();

  /** `root` is the context's absolute path. */
  constructor(root: string) {
    this.#root = root;
  }

  add(folder: string, files: FolderFiles, at: number): void {
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
    for (const { files, at } of this.#folders.get(folder) ?? []) {
      const index = files.indexOf(name);
      if (index !== -1) yield seenFile(files.identity(index), at);
    }
  }
}
