// What the system says when a result cannot be written where the user wants it: the place is the
// user's to choose, and to make room on. Other errors are not of the place and stay what they are.

import { BuildError, errnoOf, isBuildError } from './errors.ts';

const HINTS: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full: free some space, or choose another place'],
  ['EDQUOT', 'your quota is used up: free some space, or choose another place'],
  ['EFBIG', 'the file is larger than the file system or your limits allow'],
  ['EROFS', 'the file system is read-only: choose another place'],
  ['EACCES', 'look at the owner and the mode of the folder, or choose another place'],
  ['EPERM', 'look at the owner and the mode of the folder, or choose another place'],
  ['ENOENT', 'make the folder first'],
  ['EISDIR', 'there is a folder of that name'],
  ['ENOTDIR', 'a part of the path is a file'],
  ['EEXIST', 'a part of the path is a file'],
]);

/** Returns E_OUTPUT, naming `place`, for an error of the system that the place is to blame for; anything else as it is. */
export function outputError(place: string, error: unknown): unknown {
  const errno = errnoOf(error);
  const hint = HINTS.get(errno ?? '');
  if (hint === undefined || isBuildError(error)) return error;
  return new BuildError('E_OUTPUT', `${place} cannot be written: ${errno}`, { cause: error, hint });
}
