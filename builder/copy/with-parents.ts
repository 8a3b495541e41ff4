// Part of a directory's entries, with the directories that lead to it.

import type { Entry } from '../../image/entry.ts';

/** Returns those of `entries` (canonical, of one directory) that `keeps` takes, and the directories above them. */
export function withParents(
  entries: readonly Entry[],
  keeps: (path: string) => boolean,
): readonly Entry[] {
  const kept = new Set<string>();
  for (const { path } of entries) {
    if (!keeps(path)) continue;
    kept.add(path);
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at);
      if (kept.has(parent)) break;
      kept.add(parent);
    }
  }
  return kept.size === entries.length ? entries : entries.filter(({ path }) => kept.has(path));
}
