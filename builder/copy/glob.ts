// Expands the wildcards of a COPY source against a source of files, component by component, with the
// rules of Go's filepath.Match that the reference uses.

import { compilePathPattern } from '../context/path-pattern.ts';
import type { CopySource } from './source.ts';

/** True where the text has a wildcard that is not escaped. */
export function hasWildcard(text: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*[*?[]/.test(text);
}

/** Returns the paths that `pattern` matches, in byte order; a pattern without a wildcard gives itself. */
export async function expandGlob(source: CopySource, pattern: string): Promise<readonly string[]> {
  const components = pattern.split('/').filter((part) => part !== '' && part !== '.');
  let found: readonly string[] = [''];
  for (const component of components) {
    const next: string[] = [];
    for (const base of found) next.push(...(await matches(source, base, component)));
    found = next;
  }
  return found;
}

async function matches(source: CopySource, base: string, component: string): Promise<string[]> {
  const join = (name: string): string => (base === '' ? name : `${base}/${name}`);
  if (!hasWildcard(component)) return [join(component.replace(/\\(.)/g, '$1'))];
  const folder = await source.stat(base);
  if (folder?.isDirectory !== true) return [];
  // Within one component `**` is no more than `*`.
  const test = compilePathPattern(component.replace(/\*+/g, '*'));
  const names = (await source.list(folder.path)).filter((name) => test.test(name));
  return names.map(join);
}
