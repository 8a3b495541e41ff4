// Part of a directory's entries, with the directories that lead to it.

import type { Entry } from '../../image/entry.ts';

/**
 * Gives those of `entries` (canonical, of one directory) that `keeps` takes, and the directories above them. A hard
 * link whose target is left out becomes the file.
 */
export function withParents(
  entries: Iterable<Entry>,
  keeps: (path: string) => boolean,
): Iterable<Entry> {
  return { [Symbol.iterator]: () => kept(entries, keeps) };
}

function* kept(entries: Iterable<Entry>, keeps: (path: string) => boolean): Generator<Entry> {
  const lost = lostTargets(entries, keeps);
  /** Files that are left out, by their paths; then by the first name that is not. */
  const files = new Map<string, Entry>();
  const heirs = new Map<string, string>();
  /** The directories that lead to where the walk is and that nothing has asked for yet. */
  let waiting: Entry[] = [];
  for (const entry of entries) {
    const { path, type } = entry;
    waiting = waiting.filter((directory) => leadsTo(directory.path, path));
    if (!keeps(path)) {
      if (type === 'dir') waiting.push(entry);
      else if (lost.has(path)) files.set(path, entry);
      continue;
    }
    yield* waiting;
    waiting = [];
    const file = type === 'hardlink' ? files.get(entry.link ?? '') : undefined;
    if (file === undefined) yield entry;
    else {
      const heir = heirs.get(file.path);
      if (heir === undefined) heirs.set(file.path, path);
      yield heir === undefined ? { ...file, path } : { ...entry, link: heir };
    }
  }
}

/** The targets of links that are taken, where the targets are not. */
function lostTargets(
  entries: Iterable<Entry>,
  keeps: (path: string) => boolean,
): ReadonlySet<string> {
  const lost = new Set<string>();
  for (const { path, type, link } of entries)
    if (type === 'hardlink' && link !== undefined && !keeps(link) && keeps(path)) lost.add(link);
  return lost;
}

function leadsTo(directory: string, path: string): boolean {
  return directory === '' || path.startsWith(`${directory}/`);
}
