// What a COPY --parents takes. A source is a pattern below a directory: below the root, or below what
// stands before the pivot `/./`. What it matches is taken with the directories above it; links on the
// way are not followed, as in the reference.

import { posix } from 'node:path';
import { BuildError } from '../../core/errors.ts';
import type { Span } from '../../core/source.ts';
import { ignoreRules } from '../context/ignore.ts';
import { expandGlob, hasWildcard } from './glob.ts';
import { missingSource } from './missing-source.ts';
import type { Selected } from './select.ts';
import type { CopySource } from './source.ts';
import { withParents } from './with-parents.ts';

export interface SelectParentsOptions {
  /** True for paths that --exclude keeps out: what is left out is not there. */
  readonly excludes: (path: string) => boolean;
  readonly span: Span | undefined;
}

/**
 * Returns the directories that `patterns` start from, each with what is taken of it. Throws E_COPY_SOURCE where one
 * without a wildcard takes nothing, and E_IGNORE_PATTERN.
 */
export async function selectParents(
  source: CopySource,
  patterns: readonly string[],
  { excludes, span }: SelectParentsOptions,
): Promise<readonly Selected[]> {
  const selected: Selected[] = [];
  for (const pattern of patterns) {
    const { base, below } = splitAtPivot(pattern);
    if (below === '' && !hasWildcard(pattern)) throw nothingBelow(pattern, span);
    // Includes are matched as excludes are: a pattern that takes a directory takes what is in it.
    const includes = ignoreRules([below]).ignores;
    let takesSomething = hasWildcard(pattern);
    let isThere = false;
    for (const name of (await expandGlob(source, base)) ?? []) {
      const node = await source.stat(name);
      if (node === undefined && !hasWildcard(base))
        throw await missingSource(source, pattern, span);
      if (node?.isDirectory !== true) continue;
      const keeps = (path: string): boolean => path === '' || includes(path);
      const entries = [...withParents(await source.walk(node, includes), keeps)];
      const taken = entries.filter(({ path }) => includes(path));
      isThere ||= taken.length > 0;
      takesSomething ||= taken.some(({ path }) => !excludes(path));
      selected.push({ name, node, part: { entries, includes } });
    }
    if (takesSomething) continue;
    throw isThere ? excluded(pattern, span) : await missingSource(source, pattern, span);
  }
  return selected;
}

function splitAtPivot(pattern: string): { readonly base: string; readonly below: string } {
  const pivot = pattern.indexOf('/./');
  const below = pivot === -1 ? pattern : pattern.slice(pivot + 3);
  return {
    base: pivot === -1 ? '' : pattern.slice(0, pivot),
    below: posix.normalize(`/${below}`).replace(/^\/|\/$/g, ''),
  };
}

function excluded(pattern: string, span: Span | undefined): BuildError {
  const message = `--parents: all of "${pattern}" is kept out by --exclude`;
  return new BuildError('E_COPY_SOURCE', message, { span });
}

function nothingBelow(pattern: string, span: Span | undefined): BuildError {
  return new BuildError(
    'E_COPY_SOURCE',
    `--parents: "${pattern}" names nothing whose path to keep`,
    {
      span,
      hint: 'to take all that is in a directory, end the source in *',
    },
  );
}
