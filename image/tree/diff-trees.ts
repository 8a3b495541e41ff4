// What sets two trees apart. Directories with the same digest are skipped unread.

import type { Digest } from '../../core/digest.ts';
import { compareNames } from '../../core/names.ts';
import {
  childrenOf,
  type Directory,
  metadataOf,
  readRoot,
  rowOf,
  type TreeEntry,
} from './directory.ts';
import type { ObjectStore } from './object-store.ts';
import { walkFrom } from './walk.ts';

export type TreeChange =
  /** Also for everything below an added directory. */
  | { readonly kind: 'added'; readonly path: string; readonly after: TreeEntry }
  /** Of a directory: its own metadata; what changed in it follows. */
  | {
      readonly kind: 'changed';
      readonly path: string;
      readonly before: TreeEntry;
      readonly after: TreeEntry;
    }
  /** A removed directory stands for everything that was in it. */
  | { readonly kind: 'removed'; readonly path: string; readonly before: TreeEntry };

/** Yields what leads from the tree `a` to the tree `b`, in canonical order. Throws E_TREE_MISSING. */
export function* diffTrees(objects: ObjectStore, a: Digest, b: Digest): Generator<TreeChange> {
  if (a !== b) yield* diffEntries(objects, '', readRoot(objects, a), readRoot(objects, b));
}

function* diffEntries(
  objects: ObjectStore,
  path: string,
  before: TreeEntry,
  after: TreeEntry,
): Generator<TreeChange> {
  if (before.type === 'dir' && after.type === 'dir') {
    if (metadataOf(before) !== metadataOf(after)) yield { kind: 'changed', path, before, after };
    if (before.digest !== after.digest) yield* diffChildren(objects, path, before, after);
    return;
  }
  if (JSON.stringify(rowOf(before)) === JSON.stringify(rowOf(after))) return;
  yield { kind: 'changed', path, before, after };
  if (after.type !== 'dir') return;
  for (const found of walkFrom(objects, { path, entry: after })) {
    if (found.path !== path) yield { kind: 'added', path: found.path, after: found.entry };
  }
}

function* diffChildren(
  objects: ObjectStore,
  path: string,
  before: TreeEntry,
  after: TreeEntry,
): Generator<TreeChange> {
  const prefix = path === '' ? '' : `${path}/`;
  for (const [was, is] of pairs(childrenOf(objects, before), childrenOf(objects, after))) {
    const child = `${prefix}${(was ?? is)?.name}`;
    if (was === undefined && is !== undefined) {
      for (const found of walkFrom(objects, { path: child, entry: is })) {
        yield { kind: 'added', path: found.path, after: found.entry };
      }
    } else if (was !== undefined && is === undefined) {
      yield { kind: 'removed', path: child, before: was };
    } else if (was !== undefined && is !== undefined) {
      yield* diffEntries(objects, child, was, is);
    }
  }
}

type Pair = readonly [was: TreeEntry | undefined, is: TreeEntry | undefined];

/** What two directories have under each name that one of them has. */
function* pairs(old: Directory, now: Directory): Generator<Pair> {
  const [olds, nows] = [old.values()[Symbol.iterator](), now.values()[Symbol.iterator]()];
  let [a, b] = [olds.next(), nows.next()];
  while (a.done !== true || b.done !== true) {
    const order = a.done ? 1 : b.done ? -1 : compareNames(a.value.name, b.value.name);
    yield [order <= 0 ? a.value : undefined, order >= 0 ? b.value : undefined];
    if (order <= 0) a = olds.next();
    if (order >= 0) b = nows.next();
  }
}
