// Removes a builder's store. Docker and buildah bind folders of theirs onto themselves and leave
// them so, and a bound folder cannot be removed.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

/** Unmounts what is mounted below `folder`, and removes it. */
export function removeStore(folder) {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1])
    .filter((path) => path?.startsWith(`${folder}/`));
  for (const path of mounts.reverse()) spawnSync('umount', ['-l', path]);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
