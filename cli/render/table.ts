// Tables for people: columns by the widest cell, nothing cut off, no lines drawn.

import { displayWidth } from './display-width.ts';
import { logLine } from './log-line.ts';

const GAP = '   ';

/** Returns the rows below their headings, a line each. Cells may come from anywhere: they are shown as printable lines. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = [headings, ...rows.map((row) => row.map(logLine))];
  const widths = headings.map((_, column) =>
    Math.max(...cells.map((row) => displayWidth(row[column] ?? ''))),
  );
  return cells.map((row) => `${formatRow(row, widths)}\n`).join('');
}

function formatRow(row: readonly string[], widths: readonly number[]): string {
  const padded = row.map((cell, column) => {
    return cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell)));
  });
  return padded.join(GAP).trimEnd();
}
