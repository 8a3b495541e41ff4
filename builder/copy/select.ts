// What a COPY or ADD takes: its sources, wildcards expanded and links followed inside the source.

import { BuildError } from '../../core/errors.ts';
import type { Span } from '../../core/source.ts';
import { suggest } from '../../core/suggest.ts';
import { expandGlob, hasWildcard } from './glob.ts';
import type { CopySource, SourceNode } from './source.ts';

export interface Selected {
  /** The source's path as it was written or matched: its last component names the copy. */
  readonly name: string;
  readonly node: SourceNode;
}

/** Returns what `patterns` select, in order. Throws E_COPY_SOURCE for a literal source that is missing. */
export async function select(
  source: CopySource,
  patterns: readonly string[],
  span: Span | undefined,
): Promise<readonly Selected[]> {
  const selected: Selected[] = [];
  for (const pattern of patterns) {
    for (const name of await expandGlob(source, pattern)) {
      const node = await source.stat(name);
      if (node !== undefined) selected.push({ name, node });
      else if (!hasWildcard(pattern)) throw await missing(source, pattern, span);
    }
  }
  return selected;
}

async function missing(
  source: CopySource,
  pattern: string,
  span: Span | undefined,
): Promise<BuildError> {
  const path = pattern.replace(/^\/+/, '');
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  const parent = await source.stat(folder);
  const names = parent?.isDirectory === true ? await source.list(parent.path) : [];
  const near = suggest(path.slice(folder.length).replace(/^\//, ''), names);
  const hint =
    near === undefined
      ? 'paths are relative to the root of the source; what .dockerignore lists is not there'
      : `did you mean "${folder === '' ? near : `${folder}/${near}`}"?`;
  return new BuildError('E_COPY_SOURCE', `"${pattern}" is not in ${source.name}`, { hint, span });
}
