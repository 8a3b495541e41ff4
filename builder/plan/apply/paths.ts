// Paths inside an image, as text. Nothing here looks at a file system; links are followed later, by
// whoever resolves the path in a tree.

import { posix } from 'node:path';

/** Joins `path` to the absolute `folder` unless it is absolute itself, and cleans the result: no `.`, `..`, `//` or trailing slash. */
export function resolvePath(folder: string, path: string): string {
  const clean = posix.join('/', path.startsWith('/') ? path : posix.join('/', folder, path));
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/** As `resolvePath`, for COPY's destination: ends in a slash where `path` means a directory (`x/`, `x/.`, `.` or nothing). */
export function resolveDestination(folder: string, path: string): string {
  const clean = resolvePath(folder, path);
  const isDirectory = path === '' || path === '.' || path.endsWith('/') || path.endsWith('/.');
  return isDirectory && clean !== '/' ? `${clean}/` : clean;
}
