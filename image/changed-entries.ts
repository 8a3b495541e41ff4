// Entries that are made of others while they are gone through, each time again.

import type { Entry } from './entry.ts';

/** Gives what `change` makes of each entry; where it is undefined the entry is left out. */
export function changedEntries(
  entries: Iterable<Entry>,
  change: (entry: Entry) => Entry | undefined,
): Iterable<Entry> {
  return {
    *[Symbol.iterator]() {
      for (const entry of entries) {
        const changed = change(entry);
        if (changed !== undefined) yield changed;
      }
    },
  };
}

/** Gives the entries of what is in a directory (paths relative to it) without the directory's own. */
export function withoutRoot(entries: Iterable<Entry>): Iterable<Entry> {
  return changedEntries(entries, (entry) => (entry.path === '' ? undefined : entry));
}
