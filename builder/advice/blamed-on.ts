// Whether a step ran for nothing but certain files of a COPY.

import type { PathOrigin } from '../../core/path-origin.ts';
import type { StepRecord } from '../history/build-record.ts';

/** True for a run, of the COPY or of a step behind it, that only files caused of which `isUseless` is true. */
export function isBlamedOn(
  { step, cause, origins = [] }: StepRecord,
  isUseless: (path: string) => boolean,
  copy: StepRecord,
): boolean {
  if (cause?.kind !== 'parts' || cause.changes.length !== 1) return false;
  const [change] = cause.changes;
  const { paths, more } = change?.files ?? { paths: [], more: 1 };
  const isOwn = change?.name === 'sources' && step === copy.step;
  const isAbove =
    change?.name === 'input tree' && origins.every((origin) => cameWith(origin, copy));
  return (
    (isOwn || isAbove) &&
    more === 0 &&
    paths.length > 0 &&
    paths.every(({ path }) => isUseless(path))
  );
}

function cameWith({ step }: PathOrigin, copy: StepRecord): boolean {
  return step === copy.step;
}
