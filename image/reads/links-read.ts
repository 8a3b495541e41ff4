// Which of the names that a step looked at are names of one file. A tree does not say it and a step can see it: in the
// count of names that stat(2) tells, in the number of the inode, in what tar makes of two names.

import { type Digest, sha256 } from '../../core/digest.ts';
import type { ObjectStore } from '../tree/object-store.ts';
import type { Comparison } from './compare-reads.ts';
import { getReads, type ReadRow } from './read-set.ts';

/** The names of each file that has several in one layer. */
export type HardLinks = readonly (readonly string[])[];

const HEADER = 'slipway-links-1\n';

/** Keeps the files of `links` of which the read set `reads` holds a name, and returns their digest; undefined where it holds none. */
export function putLinksRead(
  objects: ObjectStore,
  reads: Digest,
  links: HardLinks,
): Digest | undefined {
  const seen = linksRead(objects, reads, links);
  return seen.length === 0 ? undefined : objects.put(encode(seen));
}

/** Compares what `putLinksRead` returned for the read set with what it would return for `links`. */
export function compareLinks(
  objects: ObjectStore,
  reads: Digest,
  before: Digest | undefined,
  links: HardLinks,
): Comparison {
  const seen = linksRead(objects, reads, links);
  if (before === (seen.length === 0 ? undefined : sha256(encode(seen)))) return { kind: 'holds' };
  const [path = ''] = firstOther(seen, before === undefined ? [] : getLinks(objects, before));
  return { kind: 'differs', changes: [{ what: 'links', path }], more: 0 };
}

function linksRead(objects: ObjectStore, reads: Digest, links: HardLinks): HardLinks {
  const looked = new Looked(objects, reads);
  return links.filter((names) => names.some((name) => looked.hasSeen(name)));
}

/** A file's names that are in one of the lists only. */
function firstOther(now: HardLinks, before: HardLinks): readonly string[] {
  const [known, left] = [before, now].map((links) => new Set(links.map((it) => it.join('\0'))));
  const other =
    now.find((names) => !known?.has(names.join('\0'))) ??
    before.find((names) => !left?.has(names.join('\0')));
  return other ?? [];
}

function encode(links: HardLinks): Buffer {
  return Buffer.from(HEADER + JSON.stringify(links), 'utf8');
}

/** Empty where the store has lost them, or a stranger's record names something else: they are only told. */
function getLinks(objects: ObjectStore, digest: Digest): HardLinks {
  const text = Buffer.from(objects.get(digest) ?? []).toString('utf8');
  return text.startsWith(HEADER) ? JSON.parse(text.slice(HEADER.length)) : [];
}

type Rows = ReadonlyMap<string, ReadRow>;

const NOTHING: Rows = new Map();

/** A read set, asked by path. */
class Looked {
  readonly #objects: ObjectStore;
  readonly #root: ReadRow | undefined;
  readonly #folders = new Map<Digest, Rows | undefined>();

  constructor(objects: ObjectStore, reads: Digest) {
    this.#objects = objects;
    this.#root = getReads(objects, reads)?.[0];
  }

  /**
   * Whether the step may know of the inode at `path`: it looked at it, or listed the folder that it is in. What the store has lost of
   * the set may have said so.
   */
  hasSeen(path: string): boolean {
    let row = this.#root;
    if (row === undefined) return true;
    const names = path.split('/');
    for (const [at, name] of names.entries()) {
      const rows: Rows | undefined = row.below === undefined ? NOTHING : this.#rows(row.below);
      if (rows === undefined) return true;
      const found: ReadRow | undefined = rows.get(name);
      if (found === undefined) return at === names.length - 1 && row.uses.includes('l');
      row = found;
    }
    return row.uses !== '';
  }

  #rows(folder: Digest): Rows | undefined {
    if (!this.#folders.has(folder)) {
      const rows = getReads(this.#objects, folder);
      this.#folders.set(folder, rows && new Map(rows.map((row) => [row.name, row])));
    }
    return this.#folders.get(folder);
  }
}
