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
  const before = source.text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let i = before.indexOf('\n'); i !== -1; i = before.indexOf('\n', i + 1)) line++;
  return { line, column: [...before.slice(lineStart)].length + 1 };
}

/** Returns the text of the line (from 1) without its line end, or '' where there is no such line. */
export function lineText(source: SourceText, line: number): string {
  return source.text.split('\n')[line - 1]?.replace(/\r$/, '') ?? '';
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
