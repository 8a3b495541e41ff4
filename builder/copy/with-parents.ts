// Part of a directory's entries, with the directories that lead to it.

import type { Entry } from '../../image/entry.ts';

/**
 * Returns those of `entries` (canonical, of one directory) that `keeps` takes, and the directories above them. A hard
 * link whose target is left out becomes the file.
 */
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
  if (kept.size === entries.length) return entries;
  const part = entries.filter(({ path }) => kept.has(path));
  return part.some(({ type }) => type === 'hardlink') ? relinked(part, entries, kept) : part;
}

function relinked(
  part: readonly Entry[],
  whole: readonly Entry[],
  kept: ReadonlySet<string>,
): readonly Entry[] {
  const files = new Map(whole.map((entry) => [entry.path, entry]));
  const heirs = new Map<string, string>();
  return part.map((entry) => {
    const file = files.get(entry.link ?? '');
    if (entry.type !== 'hardlink' || file === undefined || kept.has(file.path)) return entry;
    const link = heirs.get(file.path);
    if (link !== undefined) return { ...entry, link };
    heirs.set(file.path, entry.path);
    return { ...file, path: entry.path };
  });
}
