// What a COPY brings now that it did not bring before: the difference of two lists of a layer, whatever is below them.

import type { Store } from '../../cache/store.ts';
import { canonicalJson } from '../../core/canonical.ts';
import type { Digest } from '../../core/digest.ts';
import { isBuildError } from '../../core/errors.ts';
import type { PathChange, PathChanges, PathState } from '../../core/step-reason.ts';
import type { Entry } from '../../image/entry.ts';
import { LayerList } from '../../image/layer-list.ts';
import { comparePaths } from '../../image/tree/path-order.ts';

/** How many paths are held; up to so many more are counted. */
const HELD = 20;
const COUNTED = 1000;

/** Undefined where the store does not have what differs of both lists: a reason is worth no failure. */
export function copiedChanges(
  store: Pick<Store, 'objects'>,
  before: Digest,
  after: Digest,
): PathChanges | undefined {
  try {
    return compare(store, before, after);
  } catch (error) {
    if (isBuildError(error) && error.code === 'E_STORE_CORRUPT') return undefined;
    throw error;
  }
}

function compare(
  { objects }: Pick<Store, 'objects'>,
  before: Digest,
  after: Digest,
): PathChanges | undefined {
  const [old, now] = [LayerList.open(objects, before), LayerList.open(objects, after)];
  if (old === undefined || now === undefined) return undefined;
  const paths: PathChange[] = [];
  let more = 0;
  for (const change of differences(old.apartFrom(now), now.apartFrom(old))) {
    if (paths.length < HELD) paths.push(change);
    else if (++more >= COUNTED) break;
  }
  return { paths, more };
}

function* differences(old: Iterable<Entry>, now: Iterable<Entry>): Generator<PathChange> {
  const [olds, nows] = [old[Symbol.iterator](), now[Symbol.iterator]()];
  let [a, b] = [olds.next(), nows.next()];
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : comparePaths(a.value.path, b.value.path);
    if (order < 0 && !a.done) {
      yield { kind: 'removed', path: a.value.path, before: stateOf(a.value) };
    } else if (order > 0 && !b.done) {
      yield { kind: 'added', path: b.value.path, after: stateOf(b.value) };
    } else if (!a.done && !b.done) {
      const [before, after] = [stateOf(a.value), stateOf(b.value)];
      if (canonicalJson({ ...before }) !== canonicalJson({ ...after }))
        yield { kind: 'changed', path: a.value.path, before, after };
    }
    if (order <= 0) a = olds.next();
    if (order >= 0) b = nows.next();
  }
}

/** Times are no change. COPY makes no removals and no second names. */
function stateOf({ path: _, mtime: __, ...state }: Entry): PathState {
  return state as PathState;
}
