// A place in a Dockerfile as compilers show one: file, line and column, the line itself, and carets below the
// part that is meant.

import { formatPlace, lineText, positionAt, type Span } from '../../core/source.ts';
import { printable } from '../printable.ts';
import { displayWidth, fitInto } from './display-width.ts';

/** Returns the place, and its line with a caret below each column of the span, as lines that are safe to show. */
export function excerpt(span: Span): string[] {
  const { line } = positionAt(span.source, span.start);
  const margin = ' '.repeat(numberWidth(span));
  const text = lineText(span.source, line);
  const lineStart = span.source.text.slice(0, span.start).lastIndexOf('\n') + 1;
  const start = span.start - lineStart;
  const before = lastColumns(shown(text.slice(0, start)));
  const marked = shown(text.slice(start, Math.max(start, span.end - lineStart)));
  const whole = fitInto(`${before}${shown(text.slice(start))}`, MAX_COLUMNS);
  const carets = Math.min(displayWidth(marked), displayWidth(whole) - displayWidth(before));
  return [
    `${margin}--> ${formatPlace(span)}`,
    `${margin} |`,
    `${line} | ${whole}`,
    `${margin} | ${' '.repeat(displayWidth(before))}${'^'.repeat(Math.max(1, carets))}`,
  ];
}

/** Of a long line, what stands before the span is shortened to this, and all of it to twice as much. */
const MAX_BEFORE = 80;
const MAX_COLUMNS = 2 * MAX_BEFORE;

function lastColumns(text: string): string {
  return text.length > MAX_BEFORE ? `…${text.slice(-MAX_BEFORE)}` : text;
}

/** How many columns the number of the span's line takes: further lines are indented by that. */
export function numberWidth(span: Span): number {
  return String(positionAt(span.source, span.start).line).length;
}

/** A part of a source line, each tab a fixed width, so that carets stand right. */
function shown(text: string): string {
  return printable(text).replaceAll('\t', '    ');
}
