// The error for a source that is not there: the ignore rule that keeps it out, or the name that was perhaps meant.

import { posix } from 'node:path';
import { BuildError } from '../../core/errors.ts';
import { positionAt, type Span } from '../../core/source.ts';
import { suggest } from '../../core/suggest.ts';
import type { CopySource } from './source.ts';

/** Returns the E_COPY_SOURCE for `pattern`, which leads to nothing in `source`. */
export async function missingSource(
  source: CopySource,
  pattern: string,
  span: Span | undefined,
): Promise<BuildError> {
  const path = posix.normalize(`/${pattern}`).replace(/^\/|\/$/g, '');
  const rule = await source.hiddenBy?.(path);
  if (rule?.span !== undefined) {
    const { source: file, start } = rule.span;
    const place = `${file.name}:${positionAt(file, start).line}`;
    return new BuildError(
      'E_COPY_SOURCE',
      `"${pattern}" is not in ${source.name}: ${place} keeps it out ("${rule.text}")`,
      { hint: 'take that line out, or let the file in again by a "!" line below it', span },
    );
  }
  const near = await nearest(source, path.split('/'));
  const hint =
    near === undefined ? 'paths are relative to the root of the source' : `did you mean "${near}"?`;
  return new BuildError('E_COPY_SOURCE', `"${pattern}" is not in ${source.name}`, { hint, span });
}

/** The path with its first component that is not there put right, where something similar is there. */
async function nearest(
  source: CopySource,
  components: readonly string[],
): Promise<string | undefined> {
  let folder = '';
  for (const [index, name] of components.entries()) {
    const path = joined(folder, name);
    if ((await source.stat(path)) !== undefined) {
      folder = path;
      continue;
    }
    const parent = await source.stat(folder);
    const names = parent?.isDirectory === true ? await source.list(parent.path) : [];
    const near = suggest(name, names);
    if (near === undefined) return undefined;
    const whole = [joined(folder, near), ...components.slice(index + 1)].join('/');
    return (await source.stat(whole)) === undefined ? joined(folder, near) : whole;
  }
  return undefined;
}

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
