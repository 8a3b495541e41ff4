// A RUN that ran again because of files that it did not read could stand above the COPY that brought them. That is
// advised where it would have saved a run that really happened: a step whose read set decides is reused anyway.

import type { Read } from '../../image/reads/read-set.ts';
import type { StepRecord } from '../history/build-record.ts';
import type { Advice } from './advice.ts';
import { type BuildFacts, called, isContextCopy } from './build-facts.ts';

/** Advises to move RUNs up. */
export function adviseMoves(facts: BuildFacts): Advice[] {
  return facts.build.steps.flatMap((step) =>
    step.kind === 'run' ? (adviseMove(facts, step) ?? []) : [],
  );
}

function adviseMove(facts: BuildFacts, run: StepRecord): Advice | undefined {
  const passed = stepsToPass(facts, run);
  const copy = passed.findLast(isContextCopy);
  if (copy === undefined) return undefined;
  const names = new Set(passed.slice(0, passed.indexOf(copy) + 1).map(({ step }) => step));
  const blamed = facts.runsOf(run).filter((ran) => isBlamedOn(ran, names));
  if (blamed.length === 0) return undefined;
  return {
    kind: 'move',
    place: run.place,
    step: run.step,
    what: `move ${called(run)} above ${called(copy)}, with the ENV, ARG, USER and WORKDIR that it needs`,
    why: 'it read nothing that the lines from there on bring, and ran again because of them; the comment "# slipway: cache=traced" above it lets what it read decide, also where it used the network',
    times: blamed.length,
    savedMs: blamed.reduce((sum, { ms }) => sum + ms, 0),
    savedBytes: 0,
  };
}

/** The steps below a RUN, the nearest first, of which it has read nothing; as far up as that goes. */
function stepsToPass(facts: BuildFacts, run: StepRecord): readonly StepRecord[] {
  const reads = facts.reads(run);
  const passed: StepRecord[] = [];
  if (reads === undefined) return passed;
  for (const step of facts.chain(run)) {
    const isFree = step.kind === 'workdir' || isUnread(facts, step, reads);
    if (!isFree) break;
    passed.push(step);
  }
  return passed;
}

/** True where nothing that the RUN looked at, listed or changed is in the step's layers. */
function isUnread(facts: BuildFacts, step: StepRecord, reads: readonly Read[]): boolean {
  if (step.kind !== 'copy' && step.kind !== 'run') return false;
  // What is not there any more the RUN has found not to be there.
  if (facts.layers(step) === undefined || facts.removes(step)) return false;
  return reads.every(({ path, uses }) => {
    const entry = facts.entry(step, path);
    if (entry === undefined) return true;
    // A folder on the way to what a COPY brings is in its layer too.
    return entry.type === 'dir' && !uses.includes('l') && facts.wasThere(step, path);
  });
}

/** True for a run that has no other reason than files that these steps brought. */
function isBlamedOn({ cause, origins = [] }: StepRecord, names: ReadonlySet<string>): boolean {
  if (cause?.kind !== 'parts') return false;
  const [change, ...more] = cause.changes;
  if (change?.name !== 'input tree' || more.length > 0 || change.files === undefined) return false;
  const { paths } = change.files;
  // Who brought the paths is known of the first few.
  const known = paths.slice(0, origins.length);
  return (
    known.length > 0 &&
    (paths.length + change.files.more === known.length || origins.length >= 5) &&
    known.every(({ path }) =>
      origins.some((origin) => origin.path === path && names.has(origin.step)),
    )
  );
}
