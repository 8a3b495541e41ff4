// Removing one file. Node's `rm` loads more of Node first, which is felt at each start.

import { unlinkSync } from 'node:fs';
import { errnoOf } from './errors.ts';

/** Removes the file (or link) at `path`; missing is fine. Throws what else the system says. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
