// Columns as buildx prints them for `--call`: every cell but the last of a row is padded.

import { displayWidth } from '../render/display-width.ts';
import { logLine } from '../render/log-line.ts';

/** Returns the rows, a line each, with at least `gap` blanks between cells. Cells may hold any text. */
export function columns(rows: readonly (readonly string[])[], gap: number): string {
  const cells = rows.map((row) => row.map(logLine));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => displayWidth(row[column] ?? ''))),
  );
  return cells.map((row) => `${formatRow(row, widths, gap)}\n`).join('');
}

function formatRow(row: readonly string[], widths: readonly number[], gap: number): string {
  const padded = row.map((cell, column) => {
    if (column === row.length - 1) return cell;
    return cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell) + gap);
  });
  return padded.join('');
}
