// Whether objects of a stranger's are a read set: whoever reads one later believes its form.

import { type Digest, parseDigest } from '../../core/digest.ts';
import { compareNames } from '../../core/names.ts';
import type { ObjectStore } from '../tree/object-store.ts';
import { READS_HEADER, USES } from './read-set.ts';

/** More than any step looks at; bounds what a crafted set costs. */
const MAX_OBJECTS = 1_000_000;

/** True where `root` and all below it are there, and have the form that `putReads` gives them. */
export function isReadSet(objects: ObjectStore, root: Digest): boolean {
  const top = rowsOf(objects, root);
  const seen = new Set<Digest>();
  const waiting: Digest[] = [];
  const isBelow = ({ below }: Row): boolean => {
    if (below !== undefined && !seen.has(below)) {
      seen.add(below);
      waiting.push(below);
    }
    return seen.size <= MAX_OBJECTS;
  };
  if (top?.length !== 1 || top[0]?.name !== '' || !isBelow(top[0])) return false;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const rows = rowsOf(objects, next);
    if (rows === undefined || !rows.every((row) => isName(row.name) && isBelow(row))) return false;
    const isSorted = rows.every(
      ({ name }, at) => at === 0 || compareNames(rows[at - 1]?.name ?? '', name) < 0,
    );
    if (!isSorted) return false;
  }
  return true;
}

interface Row {
  readonly name: string;
  readonly below: Digest | undefined;
}

function rowsOf(objects: ObjectStore, digest: Digest): Row[] | undefined {
  const text = Buffer.from(objects.get(digest) ?? []).toString('utf8');
  if (!text.startsWith(READS_HEADER)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text.slice(READS_HEADER.length));
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const rows = value.map(rowOf);
  return rows.every((row) => row !== undefined) ? rows : undefined;
}

function rowOf(row: unknown): Row | undefined {
  if (!Array.isArray(row) || row.length < 2 || row.length > 3) return undefined;
  const [name, uses, below] = row as unknown[];
  const isWhole =
    typeof name === 'string' &&
    typeof uses === 'string' &&
    [...USES].filter((letter) => uses.includes(letter)).join('') === uses &&
    (below === undefined || parseDigest(below) !== undefined);
  return isWhole ? { name, below: parseDigest(below) } : undefined;
}

function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}
