// Why a step was run: the difference between the parts of its key and those of the last time, as data.

import { type CacheRecord, inputTreeOf, type KeyParts } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { type Digest, parseDigest } from '../../core/digest.ts';
import { isBuildError } from '../../core/errors.ts';
import type { PartChange, PathChange, PathChanges, StepReason } from '../../core/step-reason.ts';
import { compareReads } from '../../image/reads/compare-reads.ts';
import { diffTrees, type TreeChange } from '../../image/tree/diff-trees.ts';
import { pathState } from '../../image/tree/path-state.ts';
import { copiedChanges } from './copied-changes.ts';

/** How many paths a reason holds; up to so many more are counted. */
const HELD = 20;
const COUNTED = 1000;

/** Parts that are a line for each thing, its name first. */
const LISTS = new Set(['sources', 'environment', 'mounts', 'exclude', 'extra hosts']);

/**
 * Returns how the key's parts of the record that a step has `made` differ from those of the record that the
 * same step made or used last. `untraced` says why that counts.
 */
export function explainMiss(
  store: Store,
  made: CacheRecord,
  last: CacheRecord | undefined,
  untraced?: string,
): StepReason {
  if (last === undefined) return { kind: 'new' };
  const parts = changedParts(store, last.parts, made.parts);
  const changes = withoutUnread(store, last, made, withoutBase(made, parts));
  if (changes.length === 0) return { kind: 'lost', record: last.key };
  const why = untraced === undefined ? {} : { untraced };
  const reason = { kind: 'parts', record: last.key, ...why } as const;
  return { ...reason, changes: changes.map((change) => withFiles(store, change, last, made)) };
}

/** What is copied is told path by path, where it goes to the same place as before. */
function withFiles(
  store: Store,
  change: PartChange,
  last: CacheRecord,
  made: CacheRecord,
): PartChange {
  const [before, after] = [last.layers[0], made.layers[0]];
  const placeOf = ({ parts }: CacheRecord) => new Map(parts).get('destination');
  if (change.name !== 'sources' || before === undefined || after === undefined) return change;
  if (placeOf(last) !== placeOf(made)) return change;
  const files = copiedChanges(store, before, after);
  return files === undefined ? change : { ...change, files };
}

/** What a COPY is put on is no reason where what it copies is another. */
function withoutBase({ kind }: CacheRecord, changes: readonly PartChange[]): readonly PartChange[] {
  const isCopied = kind === 'copy' && changes.some(({ name }) => name === 'sources');
  return isCopied ? changes.filter(({ name }) => name !== 'input tree') : changes;
}

/** Where something else is another too, files that the step did not read are no reason. */
function withoutUnread(
  { objects }: Store,
  { observed, imported, parts }: CacheRecord,
  made: CacheRecord,
  changes: readonly PartChange[],
): readonly PartChange[] {
  const [before, after] = [inputTreeOf({ parts }), inputTreeOf(made)];
  const reads = imported === true ? undefined : observed?.reads;
  if (changes.length < 2 || !reads || !before || !after) return changes;
  if (compareReads(objects, reads, before, after).kind !== 'holds') return changes;
  return changes.filter(({ name }) => name !== 'input tree');
}

function changedParts(store: Store, last: KeyParts, made: KeyParts): PartChange[] {
  const [before, after] = [new Map(last), new Map(made)];
  const gone = last.filter(([name]) => !after.has(name));
  return [
    ...made
      .filter(([name, value]) => before.get(name) !== value)
      .map(([name, value]) => describe(store, name, before.get(name), value)),
    ...gone.map(([name, value]) => describe(store, name, value, '')),
  ];
}

function describe(
  store: Store,
  name: string,
  before: string | undefined,
  after: string,
): PartChange {
  if (before === undefined) return { name, known: false, items: [] };
  if (name === 'input tree') {
    const [a, b] = [parseDigest(before), parseDigest(after)];
    const files = a && b && changedFiles(store, a, b);
    return { name, known: true, items: [], ...(files && { files }) };
  }
  return { name, known: true, items: LISTS.has(name) ? changedLines(before, after) : [] };
}

/** What leads from one tree to another; undefined where the store does not have all of both: a reason is worth no failure. */
export function changedFiles(
  store: Pick<Store, 'objects'>,
  before: Digest,
  after: Digest,
): PathChanges | undefined {
  try {
    return diff(store, before, after);
  } catch (error) {
    if (isBuildError(error) && error.code === 'E_TREE_MISSING') return undefined;
    throw error;
  }
}

function diff({ objects }: Pick<Store, 'objects'>, before: Digest, after: Digest): PathChanges {
  const paths: PathChange[] = [];
  let more = 0;
  for (const change of diffTrees(objects, before, after)) {
    if (paths.length < HELD) paths.push(withoutNames(change));
    else if (++more >= COUNTED) break;
  }
  return { paths, more };
}

function withoutNames(change: TreeChange): PathChange {
  switch (change.kind) {
    case 'added':
      return { ...change, after: pathState(change.after) };
    case 'removed':
      return { ...change, before: pathState(change.before) };
    case 'changed':
      return { ...change, before: pathState(change.before), after: pathState(change.after) };
  }
}

function changedLines(before: string, after: string): string[] {
  const old = new Set(before.split('\n'));
  const now = new Set(after.split('\n'));
  const names = [...now]
    .filter((line) => !old.has(line))
    .concat([...old].filter((line) => !now.has(line)));
  return [...new Set(names.map((line) => line.split(/[ =]/, 1)[0] ?? line))].slice(0, HELD);
}
