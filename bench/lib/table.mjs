// Prints figures side by side: one row a measurement, one column a builder, each with its ratio to
// slipway's, as a Markdown table that also reads well on a terminal.

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `figures` is row -> builder -> values. Returns the table's lines. */
export function table(figures, builders) {
  const rows = [...figures].map(([row, byBuilder]) => [
    row,
    ...builders.map((builder) => cell(byBuilder.get(builder), byBuilder.get('slipway'))),
  ]);
  const head = ['', ...builders];
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => row[i].length)));
  const line = (cells) => `| ${cells.map((text, i) => pad(text, widths[i], i)).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i ? `${'-'.repeat(width + 1)}:` : `-${'-'.repeat(width)}-`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)];
}

function cell(values, reference) {
  if (!values) return '-';
  const value = median(values);
  const text = value >= 100 ? value.toFixed(0) : value.toFixed(1);
  if (!reference || values === reference) return text;
  return `${text} (${(value / median(reference)).toFixed(1)}x)`;
}

function pad(text, width, column) {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}
