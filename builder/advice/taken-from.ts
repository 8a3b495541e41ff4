// What other steps take out of a stage.

import type { StepRecord } from '../history/build-record.ts';
import type { BuildFacts } from './build-facts.ts';

/** Tells of the digest of a file in the steps `stage` whether a COPY may have taken that content on; a step that mounts the stage may take anything. */
export function takenFrom(
  facts: BuildFacts,
  stage: readonly StepRecord[],
): (digest: string | undefined) => boolean {
  const ids = new Set(stage.map(({ id }) => id));
  const takers = facts.build.steps.filter(({ inputs: [input, ...others] }) =>
    others.some((id) => ids.has(id) && id !== input),
  );
  const lists = takers.map((step) => (step.kind === 'copy' ? facts.layers(step) : undefined));
  if (lists.includes(undefined)) return () => true;
  const taken = new Set<string | undefined>();
  for (const list of lists.flatMap((each) => each ?? []))
    for (const { digest } of list) taken.add(digest);
  return (digest) => taken.has(digest);
}
