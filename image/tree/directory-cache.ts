// Directories that were read, decoded, for as long as there is room for them: whoever looks up one path looks up its neighbours.

import type { Digest } from '../../core/digest.ts';

/** Decoded entries that are kept for each store; about 300 bytes each. */
const CACHED_ENTRIES = 200_000;

interface Kept<Directory> {
  readonly directory: Directory;
  readonly size: number;
}

/** Decoded directories of one store, least recently used first. */
export class DirectoryCache<Directory> {
  readonly #directories = new Map<Digest, Kept<Directory>>();
  #entries = 0;

  get(digest: Digest): Directory | undefined {
    const kept = this.#directories.get(digest);
    if (kept === undefined) return undefined;
    this.#directories.delete(digest);
    this.#directories.set(digest, kept);
    return kept.directory;
  }

  /** `size`: how many decoded entries it holds. */
  set(digest: Digest, directory: Directory, size: number): void {
    this.#directories.set(digest, { directory, size });
    this.#entries += size + 1;
    for (const [oldest, old] of this.#directories) {
      if (this.#entries <= CACHED_ENTRIES) return;
      this.#directories.delete(oldest);
      this.#entries -= old.size + 1;
    }
  }
}
