// Reads a small text file that must lie inside a folder which someone else may have written: a
// Dockerfile or an ignore file of a checkout. A symbolic link there could name any file of this
// machine, and lines of it would be shown in messages (CVE-2022-4122). Synchronous: it is one of the first things that
// a build does, and nothing else waits.

import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { BuildError, errnoOf, isBuildError } from '../../core/errors.ts';
import { nameFromBytes } from '../../core/names.ts';
import type { SourceText } from '../../core/source.ts';

/** More than any Dockerfile or ignore file needs. */
const MAX_BYTES = 4 << 20;

/**
 * Returns the text of the file at `path`, named `name`, or undefined where there is none. Links
 * are followed as long as they stay beneath `root`. Throws E_CONTEXT_ESCAPE where they do not, and
 * E_DOCKERFILE_NOT_FOUND for what is not a regular file of at most 4 MiB that may be read.
 */
export function readBeneath(root: string, path: string, name: string): SourceText | undefined {
  try {
    const [realRoot, realPath] = [realpathSync.native(root), realpathSync.native(path)];
    if (!isBeneath(realRoot, realPath)) throw escapes(name, realPath);
    // The real path holds no link any more: one that is there now was put there since. A FIFO
    // must not hang the build.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = openSync(realPath, flags);
    try {
      return { name, text: nameFromBytes(readSmallFile(file, name)) };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (isBuildError(error) || errno === undefined) throw error;
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw unreadable(name, errno, error);
  }
}

/** True where the absolute path `path` is `root` or lies in it; both without links and `..`. */
export function isBeneath(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

function readSmallFile(file: number, name: string): Buffer {
  const stat = fstatSync(file);
  if (!stat.isFile()) throw unreadable(name, 'it is not a regular file');
  if (stat.size > MAX_BYTES) throw unreadable(name, 'it is larger than 4 MiB');
  return readFileSync(file);
}

function escapes(name: string, realPath: string): BuildError {
  return new BuildError('E_CONTEXT_ESCAPE', `${name} is a link that leads outside the context`, {
    hint: `put the file itself there; a Dockerfile may be named where it is, -f ${realPath}`,
  });
}

function unreadable(name: string, why: string, cause?: unknown): BuildError {
  return new BuildError('E_DOCKERFILE_NOT_FOUND', `${name} cannot be read: ${why}`, { cause });
}
