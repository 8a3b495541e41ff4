// `--sort` of the commands that list something: a column, with a minus before it for the other way round.

import { BuildError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';

/** Numbers sort downwards (the largest, the newest first), text upwards. */
export type SortColumns<Row> = Readonly<Record<string, (row: Row) => number | string>>;

/** Returns `rows` in the order that `column` says; rows that are equal there stay as they are. Throws E_USAGE. */
export function sortRows<Row>(
  rows: readonly Row[],
  column: string,
  columns: SortColumns<Row>,
): Row[] {
  const isReversed = column.startsWith('-');
  const name = isReversed ? column.slice(1) : column;
  const value = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (value === undefined) {
    const meant = suggest(name, Object.keys(columns));
    throw new BuildError('E_USAGE', `--sort: there is no column ${JSON.stringify(name)}`, {
      hint:
        meant === undefined
          ? `there are ${Object.keys(columns).join(', ')}`
          : `did you mean ${meant}?`,
    });
  }
  const sorted = [...rows].sort((a, b) => compare(value(a), value(b)));
  return isReversed ? sorted.reverse() : sorted;
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  return a < b ? -1 : a > b ? 1 : 0;
}
