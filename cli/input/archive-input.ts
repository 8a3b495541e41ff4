// Where an archive is read from that a command was given: a path, or standard input. Standard input is used by its
// path too, so that a file is read in place; only a socket, which no path opens, is given as a stream.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { BuildError } from '../../core/errors.ts';
import type { Host } from '../host.ts';

const STDIN = '/dev/stdin';

/** Returns what `given` names; undefined and `-` are standard input. Throws E_USAGE, with `hint`, where that is a terminal. */
export async function archiveInput(
  host: Pick<Host, 'cwd' | 'stdin'>,
  given: string | undefined,
  hint: string,
): Promise<string | Readable> {
  const path = given === undefined || given === '-' ? STDIN : resolve(host.cwd, given);
  if (path !== STDIN) return path;
  if (host.stdin.isTTY) {
    const message = 'standard input is a terminal, not an archive';
    throw new BuildError('E_USAGE', message, { hint });
  }
  const found = await stat(STDIN).catch(() => undefined);
  return found?.isSocket() === true ? host.stdin : STDIN;
}
