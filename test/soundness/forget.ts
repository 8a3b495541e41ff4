// Records that have forgotten a rule: what the test must find. The records of a store are changed as if slipway did not
// follow the rule, so that no production code has a switch for it.

import { inputTreeOf } from '../../cache/records.ts';
import { openStore } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { getReads, putReads, type ReadRow } from '../../image/reads/read-set.ts';
import {
  childrenOf,
  type Directory,
  readRoot,
  type TreeEntry,
} from '../../image/tree/directory.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';

const RULES = {
  /** A directory that was listed counts with its names. */
  listings: (row) => ({ ...row, uses: row.uses.replace('l', '') }),
  /** What was looked for and not found counts. */
  absences: (row, entry) => (entry === undefined ? undefined : row),
  /** Links on the way count, with their targets. */
  links: (row, entry) => (entry?.type === 'symlink' ? undefined : row),
  /** A file that was read counts with its content. */
  contents: (row) => ({ ...row, uses: row.uses.replace(/[cs]/g, '') }),
  /** What was only asked for counts too: kind, mode, owner. */
  metadata: (row) => without(row, 'a'),
} satisfies Record<string, (row: ReadRow, entry: TreeEntry | undefined) => ReadRow | undefined>;

export type Rule = keyof typeof RULES;

function without(row: ReadRow, use: string): ReadRow | undefined {
  const uses = row.uses.replace(use, '');
  return uses === '' && row.uses !== '' && row.below === undefined ? undefined : { ...row, uses };
}

/** Makes all records of the store forget `rule`. */
export async function forget(home: string, rule: Rule): Promise<void> {
  const store = await openStore(home);
  for (const record of [...store.records.list()]) {
    const { observed } = record;
    const input = inputTreeOf(record);
    if (observed?.reads === undefined || input === undefined) continue;
    const root = readRoot(store.objects, input);
    const reads = forgotten(store.objects, observed.reads, rule, new Map([['', root]]));
    store.records.put({ ...record, observed: { ...observed, reads } });
  }
  await store.close();
}

function forgotten(
  objects: ObjectStore,
  reads: Digest,
  rule: Rule,
  entries: Pick<Directory, 'get'>,
): Digest {
  const rows = (getReads(objects, reads) ?? []).flatMap((row) => {
    const entry = entries.get(row.name);
    const kept = RULES[rule](row, entry);
    if (kept?.below === undefined || entry?.type !== 'dir') return kept ?? [];
    return { ...kept, below: forgotten(objects, kept.below, rule, childrenOf(objects, entry)) };
  });
  return putReads(objects, rows);
}
