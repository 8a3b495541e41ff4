// Source text and places in it. Holds no file handles: a SourceText is the whole text, read once.
// Offsets are UTF-16 code units into `text`, as JavaScript strings count them; lines and columns
// are computed only when a person will see them.

/** A text that was read from `name` (a path, or `<stdin>`), kept whole so that errors can show lines of it. */
export interface SourceText {
  readonly name: string;
  readonly text: string;
}

/** The half-open range `[start, end)` of offsets in `source.text`. */
export interface Span {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

/** A place as people count: both numbers start at 1; `column` counts code points. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Returns the line and column of `offset`; an offset past the end gives the end of the text. */
export function positionAt(source: SourceText, offset: number): Position {
  const starts = lineStarts(source);
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  const before = source.text.slice(starts[low], offset);
  return { line: low + 1, column: [...before].length + 1 };
}

/** Returns the text of the line (from 1) without its line end, or '' where there is no such line. */
export function lineText(source: SourceText, line: number): string {
  const starts = lineStarts(source);
  const start = starts[line - 1];
  if (start === undefined) return '';
  const next = starts[line] ?? source.text.length + 1;
  return source.text.slice(start, next - 1).replace(/\r$/, '');
}

/** Where the lines start, looked for once: a text may be asked for thousands of places. */
const knownStarts = new WeakMap<SourceText, readonly number[]>();

function lineStarts(source: SourceText): readonly number[] {
  const known = knownStarts.get(source);
  if (known !== undefined) return known;
  const { text } = source;
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  knownStarts.set(source, starts);
  return starts;
}

/** Formats a span's start as `file:line:column`, the form that editors and terminals make clickable. */
export function formatPlace(span: Span): string {
  const { line, column } = positionAt(span.source, span.start);
  return `${span.source.name}:${line}:${column}`;
}

/**
 * Returns what gives the place of `text[start, end)`, where `text` is what stands at `span`; the place is
 * all of `span` where that is written in another way there (quoted, or over several lines).
 */
export function partsOf(span: Span, text: string): (start: number, end: number) => Span {
  const { source, start: at } = span;
  if (span.end - at !== text.length || !source.text.startsWith(text, at)) return () => span;
  return (start, end) => ({ source, start: at + start, end: at + end });
}
