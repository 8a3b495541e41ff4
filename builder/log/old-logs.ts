// Which logs of builds stay in the store: the newest, as far as they are not too many or too big together.

import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const KEPT_LOGS = 100;
const KEPT_BYTES = 256 * 1024 * 1024;

/** Removes the others from `folder`, to make room for one more. */
export function dropOldLogs(folder: string, bytes = KEPT_BYTES): void {
  let left = bytes;
  const names = readdirSync(folder).filter((name) => name.endsWith('.log'));
  for (const [index, name] of names.sort().reverse().entries()) {
    const path = join(folder, name);
    left -= statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (left < 0 || index >= KEPT_LOGS - 1) rmSync(path, { force: true });
  }
}
