// Files of the context that change, that no step reads and that are not in the image cost a COPY and what is behind it:
// they should be ignored, or the COPY should take less. Advised for files that really made something run.

import type { StepRecord } from '../history/build-record.ts';
import type { Advice } from './advice.ts';
import { isBlamedOn } from './blamed-on.ts';
import { type BuildFacts, called, isContextCopy } from './build-facts.ts';
import { takenFrom } from './taken-from.ts';

/** Advises ignore rules. */
export function adviseIgnores(facts: BuildFacts): Advice[] {
  const inImage = facts.target();
  return facts.build.steps.flatMap((copy) =>
    isContextCopy(copy) && !inImage.has(copy) ? (adviseIgnore(facts, copy) ?? []) : [],
  );
}

function adviseIgnore(facts: BuildFacts, copy: StepRecord): Advice | undefined {
  const useless = new Map<string, string>();
  for (const { origins = [] } of facts.runsOf(copy)) {
    for (const { path, from } of origins) {
      if (from !== undefined && isUseless(facts, copy, path)) useless.set(path, from.path);
    }
  }
  if (useless.size === 0) return undefined;
  // A file that is as useless as that made a run for nothing only where no other was to blame.
  const blamed = facts.history.flatMap(({ steps }) =>
    steps.filter(
      (step) => step.status === 'ran' && isBlamedOn(step, (path) => useless.has(path), copy),
    ),
  );
  if (blamed.length === 0) return undefined;
  const names = [...useless.values()].sort();
  const shown = names.slice(0, 5).join(', ');
  return {
    kind: 'ignore',
    place: copy.place,
    step: copy.step,
    what: `ignore ${shown}${names.length > 5 ? ` and ${names.length - 5} more` : ''} (.dockerignore, or --exclude at ${called(copy)})`,
    why: 'no step reads them and they are not in the image, but they change',
    times: blamed.length,
    savedMs: blamed.reduce((sum, { ms }) => sum + ms, 0),
    savedBytes: 0,
  };
}

/** True where no step that can see the file has read it, seen its name in a listing, or copied it on. */
function isUseless(facts: BuildFacts, copy: StepRecord, path: string): boolean {
  const file = facts.entry(copy, path);
  if (file?.type !== 'file') return false;
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  const onIt = facts.build.steps.filter((step) => [...facts.chain(step)].includes(copy));
  const isUnread = onIt.every((step) => {
    if (step.kind !== 'run') return true;
    const reads = facts.reads(step);
    return reads?.every(
      (read) => read.path !== path && !(read.path === folder && read.uses.includes('l')),
    );
  });
  return isUnread && !takenFrom(facts, [copy, ...onIt])(file.digest);
}
