// The entries that a COPY has put into the image so far, each path once. It keeps what a file system
// would keep: a file that has several names lives on under the others when one of them is replaced.

import type { Entry } from '../../image/entry.ts';

export class AddedEntries {
  readonly #entries = new Map<string, Entry>();
  #hasLinks = false;

  get(path: string): Entry | undefined {
    return this.#entries.get(path);
  }

  values(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** Puts an entry in, instead of what was put at its path. */
  add(entry: Entry): void {
    this.#remove(entry.path);
    this.#entries.set(entry.path, entry);
    this.#hasLinks ||= entry.type === 'hardlink';
  }

  /** Takes out what was put below a directory. */
  removeBelow(directory: string): void {
    const below = `${directory}/`;
    for (const path of [...this.#entries.keys()]) if (path.startsWith(below)) this.#remove(path);
  }

  #remove(path: string): void {
    const gone = this.#entries.get(path);
    this.#entries.delete(path);
    if (!this.#hasLinks || gone === undefined) return;
    if (gone.type !== 'dir' && gone.type !== 'hardlink') this.#bequeath(gone);
  }

  /** Makes the first other name of `gone` the file, and the rest links to that. */
  #bequeath(gone: Entry): void {
    let heir: string | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.type !== 'hardlink' || entry.link !== gone.path) continue;
      const { path } = entry;
      this.#entries.set(path, heir === undefined ? { ...gone, path } : { ...entry, link: heir });
      heir ??= path;
    }
  }
}
