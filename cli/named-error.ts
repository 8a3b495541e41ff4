// What the machine refuses can come up anywhere: a full disk, a missing permission. Such an error is
// the user's to mend, not a defect, even where nothing below has said what it was doing. The same
// goes for an abort, which only a signal causes.

import { BuildError, errnoOf, isBuildError } from '../core/errors.ts';

/** The conditions that a machine can be in, and what to do. Any other errno is a defect. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'free some space: slipway cache prune, or set SLIPWAY_HOME to another disk'],
  ['EDQUOT', 'your quota is used up: slipway cache prune, or set SLIPWAY_HOME to another disk'],
  ['EROFS', 'the file system is read-only: set SLIPWAY_HOME to one that can be written'],
  ['EACCES', 'look at the owner and the mode of the path'],
  ['EPERM', 'look at the owner of the path, and whether it is protected'],
  ['EISDIR', 'a file is wanted where there is a folder'],
  ['EIO', 'the disk or the network reports a fault: look at the log of the kernel'],
  ['EMFILE', 'raise the limit of open files: ulimit -n'],
  ['ENFILE', 'the machine has too many open files'],
  ['ENOMEM', 'the machine has too little memory'],
]);

/** Returns E_SYSTEM for an error of the system that a user can mend, E_CANCELLED for an abort, anything else as it is. */
export function namedError(error: unknown): unknown {
  if (isBuildError(error) || !(error instanceof Error)) return error;
  if (error.name === 'AbortError') {
    return new BuildError('E_CANCELLED', 'the command was stopped', { cause: error });
  }
  const hint = HINTS.get(errnoOf(error) ?? '');
  if (hint === undefined) return error;
  return new BuildError('E_SYSTEM', error.message, { hint, cause: error });
}
