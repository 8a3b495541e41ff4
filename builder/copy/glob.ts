// Expands the wildcards of a COPY source against a source of files, with the reference's rules: the path
// is cleaned by its words alone; what stands before the first component with a wildcard is a literal path,
// links in it followed; from there on each component is matched as Go's filepath.Match does, and no link is.

import { posix } from 'node:path';
import { isBuildError } from '../../core/errors.ts';
import { compileGlob } from '../context/path-pattern.ts';
import type { CopySource } from './source.ts';

/** True where the text has a wildcard that is not escaped. */
export function hasWildcard(text: string): boolean {
  return /^(?:[^\\*?[]|\\.)*[*?[]/su.test(text);
}

/** Returns the pattern that matches `path` and nothing else; a backslash alone makes no pattern of a path. */
export function literalPattern(path: string): string {
  return hasWildcard(path)
    ? path.replace(/[*?[]|\\/g, (char) => (char === '\\' ? '[\\\\]' : `[${char}]`))
    : path;
}

/**
 * Returns the paths that `pattern` matches, in byte order; undefined where nothing is at what stands before
 * the first wildcard. One without a wildcard gives itself, whether or not anything is there. Throws E_IGNORE_PATTERN.
 */
export async function expandGlob(
  source: CopySource,
  pattern: string,
): Promise<readonly string[] | undefined> {
  const components = posix
    .normalize(`/${pattern}`)
    .split('/')
    .filter((part) => part !== '');
  const first = components.findIndex(hasWildcard);
  if (first === -1) return [components.join('/')];
  const base = await source.stat(components.slice(0, first).join('/'));
  if (base === undefined) return undefined;
  let found = base.isDirectory ? [base.path] : [];
  for (const [index, component] of components.entries()) {
    if (index < first) continue;
    const folders = index === first ? found : await realDirectories(source, found);
    found = (await Promise.all(folders.map((at) => matches(source, at, component)))).flat();
  }
  return found;
}

async function matches(source: CopySource, folder: string, component: string): Promise<string[]> {
  const test = compileGlob(component);
  const names = (await source.list(folder)).filter(test);
  return names.map((name) => (folder === '' ? name : `${folder}/${name}`));
}

async function realDirectories(source: CopySource, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const node = await source.stat(path).catch(asLoop);
    if (node?.isDirectory === true && node.path === path) found.push(path);
  }
  return found;
}

/** A link that leads to itself is no directory. */
function asLoop(error: unknown): undefined {
  if (!isBuildError(error) || error.code !== 'E_SYMLINK_LOOP') throw error;
}
