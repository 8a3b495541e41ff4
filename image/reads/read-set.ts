// What a step looked at in its input tree, as objects of the store: for each directory on the way one object that
// names what was looked at in it, and how. There are no states in it: they are those of the input tree, which is kept
// as long as the record. So the set is small, directories that two steps look at alike are one object, and a check
// needs only the objects of what differs between two trees.

import { type Digest, parseDigest } from '../../core/digest.ts';
import { compareNames } from '../../core/names.ts';
import type { ObjectStore } from '../tree/object-store.ts';

/**
 * How a path was looked at, in this order: `a` whether it is there and what may be done with it, `s` metadata, `c` content,
 * `l` names in it, `r` a link's target, `w` it is in the step's layer. None: it was only on the way to something.
 */
export const USES = 'asclrw';

export interface ReadRow {
  readonly name: string;
  /** Letters of `USES`, in its order. */
  readonly uses: string;
  /** The object for what was looked at below. */
  readonly below: Digest | undefined;
}

/** A path that was looked at: where it really is, no link in it. Nothing need be there. */
export interface Read {
  readonly path: string;
  readonly uses: string;
}

/** What every object of a read set begins with. */
export const READS_HEADER = 'slipway-reads-1\n';

type Row = readonly [name: string, uses: string, below?: Digest];

/** Keeps the rows (in any order) of one directory and returns their digest. */
export function putReads(objects: ObjectStore, rows: readonly ReadRow[]): Digest {
  const sorted = [...rows].sort((a, b) => compareNames(a.name, b.name));
  const encoded = sorted.map(
    ({ name, uses, below }): Row => (below === undefined ? [name, uses] : [name, uses, below]),
  );
  return objects.put(Buffer.from(READS_HEADER + JSON.stringify(encoded), 'utf8'));
}

/** The rows of one directory; undefined where the store does not have them. */
export function getReads(objects: ObjectStore, digest: Digest): readonly ReadRow[] | undefined {
  const bytes = objects.get(digest);
  if (bytes === undefined) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (!text.startsWith(READS_HEADER)) throw new Error(`${digest} is not a read set`);
  return (JSON.parse(text.slice(READS_HEADER.length)) as Row[]).map(([name, uses, below]) => ({
    name,
    uses,
    below: parseDigest(below),
  }));
}

/** Yields what a read set (its root object) holds, parents first, by the bytes of names. What the store has lost is left out. */
export function* listReads(objects: ObjectStore, reads: Digest): Generator<Read> {
  const pending: { readonly prefix: string; readonly row: ReadRow }[] = [];
  const push = (prefix: string, below: Digest | undefined): void => {
    const rows = below === undefined ? [] : (getReads(objects, below) ?? []);
    for (const row of rows.toReversed()) pending.push({ prefix, row });
  };
  push('', reads);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const path = next.prefix + next.row.name;
    yield { path, uses: next.row.uses };
    push(path === '' ? '' : `${path}/`, next.row.below);
  }
}

/** Adds the objects of a read set to `reached`: what a prune must keep. */
export function reachReads(objects: ObjectStore, reads: Digest, reached: Set<Digest>): void {
  const waiting = [reads];
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (reached.has(digest)) continue;
    reached.add(digest);
    for (const { below } of getReads(objects, digest) ?? []) {
      if (below !== undefined) waiting.push(below);
    }
  }
}
