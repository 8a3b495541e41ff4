// The error for a source that is not there, with the name that was perhaps meant.

import { BuildError } from '../../core/errors.ts';
import type { Span } from '../../core/source.ts';
import { suggest } from '../../core/suggest.ts';
import type { CopySource } from './source.ts';

/** Returns the E_COPY_SOURCE for `pattern`, which leads to nothing in `source`. */
export async function missingSource(
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
