// What a COPY or ADD takes: its sources, wildcards expanded and links followed inside the source.

import type { Span } from '../../core/source.ts';
import type { Entry } from '../../image/entry.ts';
import { expandGlob, hasWildcard } from './glob.ts';
import { missingSource } from './missing-source.ts';
import type { CopySource, SourceNode } from './source.ts';

export interface Selected {
  /** The source's path as it was written or matched: its last component names the copy. */
  readonly name: string;
  readonly node: SourceNode;
  /** With --parents: what is taken of the directory `node`. Without it everything is. */
  readonly part?: {
    /** What `includes` takes, and the directories above that. */
    readonly entries: readonly Entry[];
    readonly includes: (path: string) => boolean;
  };
}

/** Returns what `patterns` select, in order. Throws E_COPY_SOURCE for a literal source, or the folder of a wildcard, that is missing; E_IGNORE_PATTERN. */
export async function select(
  source: CopySource,
  patterns: readonly string[],
  span: Span | undefined,
): Promise<readonly Selected[]> {
  const selected: Selected[] = [];
  for (const pattern of patterns) {
    const names = await expandGlob(source, pattern);
    if (names === undefined) throw await missingSource(source, beforeWildcard(pattern), span);
    for (const name of names) {
      const node = await source.stat(name);
      // What a wildcard has matched may still be a link to nothing.
      if (node === undefined)
        throw await missingSource(source, hasWildcard(pattern) ? name : pattern, span);
      selected.push({ name, node });
    }
  }
  return selected;
}

/** The folder that a pattern with a wildcard starts from. */
function beforeWildcard(pattern: string): string {
  const components = pattern.split('/');
  return components.slice(0, components.findIndex(hasWildcard)).join('/');
}
