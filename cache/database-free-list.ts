// The free pages of an LMDB file: what a commit writes to next. A page in this list that is in use would be written over.

export interface Pages {
  /** How many there are, and how many of them the file has. */
  readonly pages: number;
  readonly inFile: number;
  readonly isUsed: (page: number) => boolean;
}

const FIRST_PAGE = 2n;

/**
 * False where a value of the tree of free pages is no list of them: a count, and then pages, or before the first of several
 * its negative number. A zero is a place that was emptied.
 */
export function isFreeList(values: readonly Buffer[], { pages, inFile, isUsed }: Pages): boolean {
  let beyond = 0;
  for (const value of values) {
    const count = value.length < 8 ? -1n : value.readBigInt64LE(0);
    if (count < 0n || (count + 1n) * 8n > BigInt(value.length)) return false;
    for (let at = 8; at < 8 * (Number(count) + 1); at += 8) {
      const entry = value.readBigInt64LE(at);
      if (entry === 0n) continue;
      const length = entry < 0n ? -entry : 1n;
      if (entry < 0n) at += 8;
      const first = entry < 0n ? value.readBigInt64LE(at) : entry;
      if (first < FIRST_PAGE || first + length > BigInt(pages)) return false;
      for (let page = Number(first); page < first + length; page++) {
        if (isUsed(page)) return false;
        if (page >= inFile) beyond++;
      }
    }
  }
  return pages - inFile <= beyond;
}
