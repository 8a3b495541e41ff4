// The entries that a COPY has put into the image so far, each path once. It keeps what a file system
// would keep: a file that has several names lives on under the others when one of them is replaced. The newest entries
// are in memory, the others in runs in the build's spool.

import type { Spool } from '../../core/spool.ts';
import type { Entry } from '../../image/entry.ts';
import { parentOf } from '../../image/tree/layer-paths.ts';
import { comparePaths } from '../../image/tree/path-order.ts';
import { EntryRuns, type Row } from './entry-runs.ts';
import { mergeRows } from './merge-rows.ts';

/** Some megabytes of memory, and more than most layers have. */
const MOST = 32_768;

/** A file that was replaced while another name of it may be there. */
interface Gone {
  readonly entry: Entry;
  /** It was there from one arrival to another. */
  readonly from: number;
  readonly to: number;
}

/** The first names of files that are not where they were put, or not any more. */
interface FirstNames {
  readonly ofGone: Map<Gone, string>;
  /** By where the file was put, which comes later. */
  readonly ofFiles: Map<string, string>;
}

export class AddedEntries {
  readonly #newest = new Map<string, Row>();
  readonly #runs: EntryRuns;
  readonly #gone = new Map<string, Gone[]>();
  /** Folders whose place something else took: what had arrived below them by then is gone. */
  readonly #cuts = new Map<string, number>();
  readonly #most: number;
  #hasLinks = false;
  #number = 0;

  /** `most`: how many entries are in memory before they go to the spool. */
  constructor(spool: Spool, most = MOST) {
    this.#most = most;
    this.#runs = new EntryRuns(spool);
  }

  /** The number of the next entry. */
  get number(): number {
    return this.#number;
  }

  get(path: string): Row | undefined {
    const row = this.#newest.get(path) ?? (this.#runs.isEmpty ? undefined : this.#runs.find(path));
    return row === undefined || this.#isCut(row) ? undefined : row;
  }

  /** Puts an entry in, instead of what was put at its path. */
  add(entry: Entry): void {
    const { path } = entry;
    this.#hasLinks ||= entry.type === 'hardlink';
    if (this.#hasLinks) this.#bury(this.get(path));
    this.#newest.set(path, { entry, number: this.#number++ });
    if (this.#newest.size < this.#most) return;
    this.#runs.add(this.#sortedNewest());
    this.#newest.clear();
  }

  /** Takes out what was put below a directory. */
  removeBelow(folder: string): void {
    if (this.#hasLinks)
      for (const row of this.#rows()) if (row.entry.path.startsWith(`${folder}/`)) this.#bury(row);
    this.#cuts.set(folder, this.#number);
  }

  /** The entries in canonical order, the first name of a file as the file and the others as links to it. */
  *inOrder(): Generator<Entry> {
    const names: FirstNames = { ofGone: new Map(), ofFiles: new Map() };
    for (const row of this.#rows()) {
      const { entry } = row;
      const first = names.ofFiles.get(entry.path);
      if (entry.type === 'hardlink') yield this.#linked(row, names);
      else if (first !== undefined) yield linkTo(entry, first);
      else yield entry;
    }
  }

  *#rows(): Generator<Row> {
    for (const row of mergeRows([this.#sortedNewest(), ...this.#runs.runs()]))
      if (!this.#isCut(row)) yield row;
  }

  #sortedNewest(): Row[] {
    return [...this.#newest.values()].sort((a, b) => comparePaths(a.entry.path, b.entry.path));
  }

  #isCut({ entry, number }: Row): boolean {
    if (this.#cuts.size === 0) return false;
    for (let up = parentOf(entry.path); up !== undefined; up = parentOf(up))
      if (number < (this.#cuts.get(up) ?? 0)) return true;
    return false;
  }

  #bury(row: Row | undefined): void {
    if (row === undefined || row.entry.type === 'dir' || row.entry.type === 'hardlink') return;
    const { entry, number } = row;
    const gone = { entry, from: number, to: this.#number };
    const others = this.#gone.get(entry.path);
    if (others === undefined) this.#gone.set(entry.path, [gone]);
    else others.push(gone);
  }

  /** A link to what was at its target when it arrived. */
  #linked({ entry, number }: Row, { ofGone, ofFiles }: FirstNames): Entry {
    const { path, link = '' } = entry;
    const gone = this.#gone.get(link)?.find(({ from, to }) => from < number && number < to);
    if (gone !== undefined) {
      const heir = ofGone.get(gone);
      if (heir !== undefined) return { ...entry, link: heir };
      ofGone.set(gone, path);
      return { ...gone.entry, path };
    }
    const first = ofFiles.get(link);
    if (first !== undefined) return { ...entry, link: first };
    if (comparePaths(link, path) < 0) return entry;
    const file = this.get(link)?.entry;
    if (file === undefined)
      throw new Error(`nothing was put at ${link}, to which ${path} is a link`);
    ofFiles.set(link, path);
    return { ...file, path };
  }
}

function linkTo({ path, mode, uid, gid, mtime }: Entry, link: string): Entry {
  return { path, type: 'hardlink', mode, uid, gid, mtime, size: 0, link };
}
