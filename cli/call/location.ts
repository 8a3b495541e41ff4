// A place in the Dockerfile as the reference's subrequests have it in JSON: a range for each line.

import type { Lines } from '../../builder/describe/instruction-lines.ts';

export interface Location {
  readonly ranges: readonly { readonly start: Position; readonly end: Position }[];
}

interface Position {
  readonly line: number;
}

/** Returns the location of the lines from `first` to `last`. */
export function locationOf({ first, last }: Lines): Location {
  const ranges = Array.from({ length: last - first + 1 }, (_, offset) => {
    const line = first + offset;
    return { start: { line }, end: { line } };
  });
  return { ranges };
}
