// The small world of names in which random steps and edits meet, and how one of them is picked.

export interface Random {
  next(): number;
  int(below: number): number;
}

/** One of some things. */
export function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[random.int(from.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

/** Folders that contexts, steps and edits have in common. */
export const FOLDERS = ['app', 'app/src', 'app/lib', 'etc', 'opt', 'opt/bin', 'data', 'data/d'];
export const NAMES = ['a', 'b', 'c', 'README', 'l', 'tool', 'd'];

/** A path without a slash in front. */
export function anyPath(random: Random): string {
  return `${pick(random, FOLDERS)}/${pick(random, NAMES)}`;
}
