// Which logs of builds stay in the store: the newest, as far as they are not too many or too big together. As many
// as may stay are never too big while each is small, so that sizes are looked at only where a log was large: a mark
// in the folder says so, which a build leaves at the moment that its log becomes one.

import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFile } from '../../core/remove-file.ts';

export const KEPT_LOGS = 100;
const KEPT_BYTES = 256 * 1024 * 1024;
/** A log of more bytes is large. */
export const LARGE_LOG_BYTES = KEPT_BYTES / KEPT_LOGS;

const MARK = 'large';

/** Says that a log in `folder` has become large. */
export function markLargeLog(folder: string): void {
  writeFileSync(join(folder, MARK), '');
}

/** Removes the others from `folder`, to make room for one more. */
export function dropOldLogs(folder: string): void {
  const names = readdirSync(folder);
  const logs = names.filter((name) => name.endsWith('.log')).sort();
  const kept = logs.splice(-(KEPT_LOGS - 1));
  for (const name of logs) removeFile(join(folder, name));
  if (names.includes(MARK)) dropLargeLogs(folder, kept.reverse());
}

/** `logs` are sorted, the newest first. */
function dropLargeLogs(folder: string, logs: readonly string[]): void {
  let left = KEPT_BYTES;
  let isOneLarge = false;
  for (const name of logs) {
    const path = join(folder, name);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    left -= size;
    if (left < 0) removeFile(path);
    else isOneLarge ||= size > LARGE_LOG_BYTES;
  }
  if (!isOneLarge) removeFile(join(folder, MARK));
}
