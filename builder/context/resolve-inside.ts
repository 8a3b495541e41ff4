// Resolves a path inside a root that need not be a folder on disk: links are followed as if the root
// were `/`, and `..` at the root stays there, so that nothing leads out.

import { BuildError } from '../../core/errors.ts';

/** What stands at a path; undefined stands for nothing. */
export type Seen =
  | { readonly kind: 'dir' }
  | { readonly kind: 'other' }
  | { readonly kind: 'link'; readonly target: string }
  | undefined;

/** As many links as the reference follows; Linux itself follows 40. */
const MAX_LINKS = 255;

/**
 * Follows `path` (relative to the root) link by link. `look` is asked for real paths only.
 * Returns where it ends, or undefined where something on the way is missing or no directory.
 * Throws E_SYMLINK_LOOP.
 */
export async function resolveInside(
  path: string,
  look: (realPath: string) => Promise<Seen>,
): Promise<{ readonly path: string; readonly isDirectory: boolean } | undefined> {
  const rest = path.split('/').reverse();
  let real: string[] = [];
  let isDirectory = true;
  let links = 0;
  while (rest.length > 0) {
    const name = rest.pop();
    if (name === undefined || name === '' || name === '.') continue;
    if (!isDirectory) return undefined;
    if (name === '..') {
      real.pop();
      continue;
    }
    const seen = await look([...real, name].join('/'));
    if (seen === undefined) return undefined;
    if (seen.kind === 'link') {
      if (++links > MAX_LINKS) {
        throw new BuildError('E_SYMLINK_LOOP', `too many symbolic links in ${path}`);
      }
      if (seen.target.startsWith('/')) real = [];
      rest.push(...seen.target.split('/').reverse());
      continue;
    }
    real.push(name);
    isDirectory = seen.kind === 'dir';
  }
  return { path: real.join('/'), isDirectory };
}
