// A COPY of a whole folder of which the steps behind it read some names only runs again, and they with it, for what nobody
// reads. It should take those names. Advised where that would have saved runs that really happened.

import type { StepRecord } from '../history/build-record.ts';
import type { Advice } from './advice.ts';
import { isBlamedOn } from './blamed-on.ts';
import { type BuildFacts, called, isContextCopy } from './build-facts.ts';
import { takenFrom } from './taken-from.ts';

/** A COPY of more names is no simpler. */
const MOST_NAMES = 6;

/** Advises to name what a COPY takes. */
export function adviseNarrower(facts: BuildFacts): Advice[] {
  const inImage = facts.target();
  return facts.build.steps.flatMap((copy) =>
    isContextCopy(copy) && !inImage.has(copy) ? (adviseNames(facts, copy) ?? []) : [],
  );
}

function adviseNames(facts: BuildFacts, copy: StepRecord): Advice | undefined {
  const folder = wholeFolder(facts, copy);
  const needed = folder === undefined ? undefined : neededNames(facts, copy, folder);
  if (folder === undefined || needed === undefined) return undefined;
  const { read, unread } = needed;
  if (read.length === 0 || read.length > MOST_NAMES || unread.size === 0) return undefined;
  const isUnread = (path: string): boolean => {
    const name = nameBelow(path, folder);
    // One that has gone since is in no layer any more.
    return name !== undefined && !read.includes(name);
  };
  const blamed = facts.history.flatMap(({ steps }) =>
    steps.filter((step) => step.status === 'ran' && isBlamedOn(step, isUnread, copy)),
  );
  if (blamed.length === 0) return undefined;
  const names = read.toSorted().join(' ');
  const shown = [...unread].sort().slice(0, 3).join(', ');
  return {
    kind: 'narrow',
    place: copy.place,
    step: copy.step,
    what: `let ${called(copy)} take what is read behind it: ${names} (one COPY for the files, one for each folder)`,
    why: `no step reads the rest (${shown}${unread.size > 3 ? ` and ${unread.size - 3} more` : ''}) and it is not in the image, but it changes`,
    times: blamed.length,
    savedMs: blamed.reduce((sum, { ms }) => sum + ms, 0),
    savedBytes: 0,
  };
}

/** Where a COPY puts the whole of one folder, as the layer has it; undefined for any other COPY. */
function wholeFolder(facts: BuildFacts, copy: StepRecord): string | undefined {
  const parts = new Map(facts.record(copy)?.parts);
  const isWhole = /^\. \S+$/.test(parts.get('sources') ?? '');
  return isWhole ? parts.get('destination')?.replace(/^\/|\/$/g, '') : undefined;
}

/** The names in the folder that some step needs, and those that none does; undefined where that is not known. */
function neededNames(
  facts: BuildFacts,
  copy: StepRecord,
  folder: string,
): { readonly read: readonly string[]; readonly unread: ReadonlySet<string> } | undefined {
  const onIt = facts.build.steps.filter((step) => [...facts.chain(step)].includes(copy));
  const read = new Set<string>();
  for (const step of onIt) {
    if (step.kind !== 'run') continue;
    const reads = facts.reads(step);
    // Who lists the folder sees every name in it.
    if (reads?.some(({ path, uses }) => path === folder && uses.includes('l')) !== false)
      return undefined;
    for (const { path } of reads) read.add(nameBelow(path, folder) ?? '');
  }
  const isTaken = takenFrom(facts, [copy, ...onIt]);
  const names = new Map<string, boolean>();
  for (const { path, type, digest } of (facts.layers(copy) ?? []).flatMap((list) => [...list])) {
    const name = nameBelow(path, folder);
    if (name === undefined) continue;
    const isNeeded = read.has(name) || (type !== 'dir' && isTaken(digest));
    names.set(name, (names.get(name) ?? false) || isNeeded);
  }
  const of = (isNeeded: boolean): string[] =>
    [...names].flatMap(([name, needed]) => (needed === isNeeded ? [name] : []));
  return { read: of(true), unread: new Set(of(false)) };
}

/** The first name of `path` below the folder. */
function nameBelow(path: string, folder: string): string | undefined {
  const below =
    folder === '' ? path : path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : '';
  return below === '' ? undefined : below.split('/', 1)[0];
}
