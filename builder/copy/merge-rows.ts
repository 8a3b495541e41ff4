// Several sorted lists of rows as one: each path once, with the row that arrived last.

import { comparePaths } from '../../image/tree/path-order.ts';
import type { Row } from './entry-runs.ts';

interface Head {
  row: Row;
  readonly rest: Iterator<Row>;
}

/** Yields the newest row of each path, in canonical order. In each list a path comes once. */
export function* mergeRows(lists: readonly Iterable<Row>[]): Generator<Row> {
  const [only] = lists;
  if (lists.length === 1 && only !== undefined) {
    yield* only;
    return;
  }
  /** A heap: no head comes before the one at half its place. */
  const heads: Head[] = [];
  for (const list of lists) {
    const rest = list[Symbol.iterator]();
    const { done, value } = rest.next();
    if (!done) up(heads, { row: value, rest });
  }
  let previous: string | undefined;
  for (let head = heads[0]; head !== undefined; head = heads[0]) {
    const { row } = head;
    if (row.entry.path !== previous) yield row;
    previous = row.entry.path;
    const { done, value } = head.rest.next();
    if (!done) head.row = value;
    else {
      const last = heads.pop();
      if (last === undefined || last === head) continue;
      heads[0] = last;
    }
    down(heads);
  }
}

function isBefore(a: Head, b: Head): boolean {
  const order = comparePaths(a.row.entry.path, b.row.entry.path);
  return order === 0 ? a.row.number > b.row.number : order < 0;
}

function up(heads: Head[], head: Head): void {
  let at = heads.push(head) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    const other = heads[above];
    if (other === undefined || !isBefore(head, other)) break;
    heads[at] = other;
    heads[above] = head;
    at = above;
  }
}

function down(heads: Head[]): void {
  const head = heads[0];
  if (head === undefined) return;
  for (let at = 0; ; ) {
    let next = 2 * at + 1;
    const [left, right] = [heads[next], heads[next + 1]];
    if (left !== undefined && right !== undefined && isBefore(right, left)) next++;
    const other = heads[next];
    if (other === undefined || !isBefore(other, head)) return;
    heads[at] = other;
    heads[next] = head;
    at = next;
  }
}
