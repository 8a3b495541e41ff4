// Whether a step would find in another tree what it found in its own. Both trees are walked together, along the read
// set; a directory that is the same in both is not entered, so that a check costs what has changed, not what was read.
//
// Rules (docs/architecture.md, "Traced reuse"): of everything on the way the kind, the mode, the owner, the
// attributes and a link's target count. Of a file the content too, unless only its being there was asked for: its
// size and its time follow the content. Of a directory the names and kinds of what is in it, where it was listed. Link counts, and the
// time and size of a directory, are no part of a tree: they depend on how it came to be, and on the disk.

import type { Digest } from '../../core/digest.ts';
import { isBuildError } from '../../core/errors.ts';
import type { PathChange, ReadChange } from '../../core/step-reason.ts';
import {
  childrenOf,
  type Directory,
  metadataOf,
  readRoot,
  rowOf,
  type TreeEntry,
} from '../tree/directory.ts';
import type { ObjectStore } from '../tree/object-store.ts';
import { pathState } from '../tree/path-state.ts';
import { getReads, type ReadRow } from './read-set.ts';

export type Comparison =
  | { readonly kind: 'holds' }
  | { readonly kind: 'differs'; readonly changes: readonly ReadChange[]; readonly more: number }
  /** The store has lost the read set or a part of a tree. */
  | { readonly kind: 'unknown' };

/** As many changes are told; a check goes on to here and no further. */
const MAX_CHANGES = 1000;
const SHOWN = 20;

/** Compares what `reads` names in the tree `before`, in which it was read, with the same in `after`. */
export function compareReads(
  objects: ObjectStore,
  reads: Digest,
  before: Digest,
  after: Digest,
): Comparison {
  const [row] = getReads(objects, reads) ?? [];
  if (row === undefined) return { kind: 'unknown' };
  const comparer = new Comparer(objects);
  try {
    comparer.compare('', row, readRoot(objects, before), readRoot(objects, after));
  } catch (error) {
    // Of the new tree it will be found by who needs it.
    if (isBuildError(error) && error.code === 'E_TREE_MISSING') return { kind: 'unknown' };
    throw error;
  }
  if (comparer.isIncomplete) return { kind: 'unknown' };
  const { changes } = comparer;
  if (changes.length === 0) return { kind: 'holds' };
  const shown = changes.slice(0, SHOWN);
  return { kind: 'differs', changes: shown, more: changes.length - shown.length };
}

class Comparer {
  readonly changes: ReadChange[] = [];
  isIncomplete = false;
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  compare(
    path: string,
    { uses, below }: ReadRow,
    before: TreeEntry | undefined,
    after: TreeEntry | undefined,
  ): void {
    if (before === undefined && after === undefined) return;
    if (before === undefined || after === undefined || !sameState(uses, before, after)) {
      this.#tell({ what: 'path', uses, change: changeOf(path, before, after) });
      return;
    }
    if (before.type !== 'dir' || before.digest === after.digest) return;
    const old = childrenOf(this.#objects, before);
    const now = childrenOf(this.#objects, after);
    if (uses.includes('l')) this.#compareNames(path, old, now);
    if (below !== undefined) this.#compareBelow(path, below, old, now);
  }

  #compareBelow(path: string, below: Digest, old: Directory, now: Directory): void {
    const rows = getReads(this.#objects, below);
    if (rows === undefined) {
      this.isIncomplete = true;
      return;
    }
    const prefix = path === '' ? '' : `${path}/`;
    for (const row of rows) {
      if (this.changes.length >= MAX_CHANGES) return;
      this.compare(prefix + row.name, row, old.get(row.name), now.get(row.name));
    }
  }

  #compareNames(path: string, old: Directory, now: Directory): void {
    const added: string[] = [];
    const changed: string[] = [];
    for (const [name, { type }] of now) {
      const was = old.get(name)?.type;
      if (was === undefined) added.push(name);
      // A listing tells the kind of each name too.
      else if (was !== type) changed.push(name);
    }
    const removed = [...old.keys()].filter((name) => !now.has(name));
    if (added.length + changed.length + removed.length === 0) return;
    const [few, less, other] = [added, removed, changed].map((names) => names.slice(0, SHOWN));
    this.#tell({
      what: 'names',
      path,
      added: few ?? [],
      removed: less ?? [],
      changed: other ?? [],
    });
  }

  #tell(change: ReadChange): void {
    this.changes.push(change);
  }
}

function sameState(uses: string, before: TreeEntry, after: TreeEntry): boolean {
  if (before.type !== after.type || metadataOf(before) !== metadataOf(after)) return false;
  if (before.type === 'dir') return true;
  if (before.type === 'file' && !/[scw]/.test(uses)) return true;
  return JSON.stringify(rowOf(before)) === JSON.stringify(rowOf(after));
}

function changeOf(
  path: string,
  before: TreeEntry | undefined,
  after: TreeEntry | undefined,
): PathChange {
  if (before !== undefined && after !== undefined) {
    return { kind: 'changed', path, before: pathState(before), after: pathState(after) };
  }
  if (after !== undefined) return { kind: 'added', path, after: pathState(after) };
  if (before !== undefined) return { kind: 'removed', path, before: pathState(before) };
  throw new Error('nothing was and nothing is there');
}
