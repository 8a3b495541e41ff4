// Looks into a directory of a context without ever looking outside: something else may swap a folder on
// the way for a link while the build walks. The directory is opened once and the kernel asked where it
// is; what is in it is then reached through the open directory and no longer by its path.

import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { BuildError, errnoOf } from '../../core/errors.ts';
import { nameFromBytes, systemPath } from '../../core/names.ts';

export interface PinnedDirectory {
  /** The names in it, in no order. */
  list(): readonly string[];
  /** What `name` in it is, itself and not what it leads to; undefined where nothing is. */
  lstat(name: string): BigIntStats | undefined;
  /** The target of the link `name` in it. Throws E_FILE_CHANGED. */
  readlink(name: string): string;
}

const LSTAT = { bigint: true, throwIfNoEntry: false } as const;

/** Without proc (another system than Linux) there is nothing to ask. */
const canPin = existsSync('/proc/self/fd');
/** Not by way of `self`: a link less for each file. */
const descriptors = canPin ? `/proc/${readlinkSync('/proc/self')}/fd` : '';

/**
 * Calls `look` with the directory at `path`: absolute, as core/names.ts writes it, and without a link in it.
 * Throws E_FILE_CHANGED where it is another directory or none by now, E_COPY_SOURCE where it may not be read.
 */
export function inPinnedDirectory<T>(path: string, look: (directory: PinnedDirectory) => T): T {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const descriptor = at(path, () => openSync(systemPath(path), flags));
  try {
    const base = canPin ? `${descriptors}/${descriptor}` : path;
    if (canPin && nameFromBytes(readlinkSync(base, 'buffer')) !== path) throw fileChanged(path);
    const inside = (name: string) => systemPath(`${base}/${name}`);
    return look({
      list: () => at(path, () => listNames(systemPath(`${base}/`))),
      lstat: (name) => at(`${path}/${name}`, () => lstatSync(inside(name), LSTAT)),
      readlink: (name) =>
        at(`${path}/${name}`, () => nameFromBytes(readlinkSync(inside(name), 'buffer'))),
    });
  } finally {
    closeSync(descriptor);
  }
}

/** Returns the path of a directory, links followed, as the kernel tells it of the open directory. Throws E_COPY_SOURCE, E_FILE_CHANGED. */
export function realDirectory(path: string): string {
  if (!canPin) return realpathSync(path);
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  const descriptor = at(path, () => openSync(systemPath(path), flags));
  try {
    return nameFromBytes(readlinkSync(`${descriptors}/${descriptor}`, 'buffer'));
  } finally {
    closeSync(descriptor);
  }
}

/** The absolute path of `path` (relative, '' for itself) in the directory `root`. */
export function pathInside(root: string, path: string): string {
  return path === '' ? root : `${root === '/' ? '' : root}/${path}`;
}

/** The error of a file of the context that is not what it was when it was looked at. */
export function fileChanged(path: string): BuildError {
  return new BuildError('E_FILE_CHANGED', `${path} changed while it was read`, {
    hint: 'something writes to the context during the build: stop it, or list the file in .dockerignore',
  });
}

function listNames(path: string | Buffer): string[] {
  const names = readdirSync(path);
  if (!names.some((name) => name.includes('\ufffd'))) return names;
  return readdirSync(path, { encoding: 'buffer' }).map(nameFromBytes);
}

/** What goes wrong with `path` is an error that names it. */
function at<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const errno = errnoOf(error);
    throw errno === undefined ? error : lookError(path, errno, error);
  }
}

/** The error of a look at `path` that failed with this errno (`ENOENT`, ...). */
export function lookError(path: string, errno: string, cause?: unknown): BuildError {
  if (CHANGED.has(errno)) return fileChanged(path);
  return new BuildError('E_COPY_SOURCE', `${path} cannot be read: ${WHY[errno] ?? errno}`, {
    cause,
    hint: 'make it readable, or list it in .dockerignore',
  });
}

/** EINVAL: what was a link is none any more. ESTALE, ENXIO, EISDIR, EAGAIN: it is another file, or in another state. */
const CHANGED = new Set([
  ...['ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL', 'ESTALE', 'ENXIO', 'EISDIR', 'EAGAIN'],
]);

const WHY: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ENAMETOOLONG: 'its path, or a name in it, is longer than Linux takes',
};
