// Why a step was not reused: the difference between the parts of its key and those of the last time.

import type { CacheRecord } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { parseDigest } from '../../core/digest.ts';
import { diffTrees } from '../../image/tree/diff-trees.ts';

/** How many paths are named before the rest is only counted. */
const SHOWN = 3;

/** Parts that are a line for each thing, its name first. */
const LISTS = new Set(['sources', 'environment', 'mounts', 'exclude', 'extra hosts']);

/**
 * Returns, in words, how the key's parts of the record that a step has `made` differ from those of the record that the
 * same step made or used last.
 */
export function explainMiss(
  store: Store,
  made: CacheRecord,
  last: CacheRecord | undefined,
): string {
  if (last === undefined) return 'this step was not run before';
  const before = new Map(last.parts);
  const changed = made.parts.filter(([name, value]) => before.get(name) !== value);
  if (changed.length === 0) return 'its result is no longer in the store';
  const reasons = changed.map(([name, value]) => describe(store, name, before.get(name), value));
  if (changed.length !== 1 || changed[0]?.[0] !== 'sources') return reasons.join('; ');
  // Only what was copied is another, so the difference of the results is that of the sources.
  const paths = changedPaths(store, last.tree, made.tree);
  return `${reasons[0]}${saysMore(paths, reasons[0] ?? '') ? ` (${paths})` : ''}`;
}

/** A single file that was copied under its own name needs no path. */
function saysMore(paths: string, reason: string): boolean {
  const [, name] = /^\S*\/(\S+) changed$/.exec(paths) ?? [];
  return paths !== '' && !(name !== undefined && reason.endsWith(`: ${name}`));
}

function describe(store: Store, name: string, before: string | undefined, after: string): string {
  if (before === undefined) return `${name} is new`;
  if (name === 'input tree')
    return `files before it changed: ${changedPaths(store, before, after)}`;
  if (LISTS.has(name)) return `${name} changed: ${changedLines(before, after)}`;
  return `${name} changed`;
}

function changedPaths(store: Store, before: string, after: string): string {
  const [a, b] = [parseDigest(before), parseDigest(after)];
  if (a === undefined || b === undefined || !store.objects.has(a) || !store.objects.has(b))
    return 'some';
  const shown: string[] = [];
  let more = 0;
  for (const { path, kind } of diffTrees(store.objects, a, b)) {
    if (shown.length < SHOWN) shown.push(`/${path} ${kind}`);
    else if (++more >= 1000) break;
  }
  return shown.join(', ') + (more === 0 ? '' : ` and ${more >= 1000 ? 'over 1000' : more} more`);
}

function changedLines(before: string, after: string): string {
  const old = new Set(before.split('\n'));
  const now = new Set(after.split('\n'));
  const names = [...now]
    .filter((line) => !old.has(line))
    .concat([...old].filter((line) => !now.has(line)));
  return [...new Set(names.map((line) => line.split(/[ =]/, 1)[0] ?? line))]
    .slice(0, SHOWN)
    .join(', ');
}
