// Heredoc markers (`<<EOF`, `3<<-"END"`) in the joined text of RUN, COPY and ADD. Words are cut as
// the reference cuts them: by quotes and backslashes, whatever the escape directive says.
// https://github.com/moby/buildkit/tree/v0.24.0/frontend/dockerfile/parser (heredocsFromLine)

import type { LogicalLine } from './lines/logical-line.ts';
import { isSpace } from './lines/space.ts';
import { dollarEnd, quoteEnd } from './shell-syntax.ts';

/** A marker found; `start` and `end` are offsets in the text of the line. */
export interface HeredocMarker {
  readonly start: number;
  readonly end: number;
  readonly fd: number;
  readonly name: string;
  readonly stripTabs: boolean;
  readonly expand: boolean;
}

/** Returns the markers at or after `from`, in order. A text with an open quote or a malformed `${...}` has none. */
export function findHeredocs(line: LogicalLine, from: number): HeredocMarker[] {
  const { text } = line;
  if (!text.includes('<<', from)) return [];
  const markers: HeredocMarker[] = [];
  for (let at = from; at < text.length; ) {
    while (at < text.length && isSpace(text[at])) at++;
    const end = wordEnd(text, at);
    if (end === undefined) return [];
    const marker = readMarker(text, at, end);
    if (marker !== undefined) markers.push(marker);
    at = end;
  }
  return markers;
}

/** The end of the word at `at`, or undefined where it is malformed. White space after `<<` belongs to the word. */
function wordEnd(text: string, at: number): number | undefined {
  let i = at;
  let wellFormed = at;
  while (i < text.length && !isSpace(text[i])) {
    const char = text[i];
    if (char === '\\') i += 2;
    else if (char === "'" || char === '"') {
      const end = quoteEnd(text, i);
      if (end === undefined) return undefined;
      i = end;
    } else if (char === '$') {
      // What an operator's word holds may be markers too, as in any other part of the line.
      const end = i < wellFormed ? i : dollarEnd(text, i);
      if (end === undefined) return undefined;
      wellFormed = Math.max(wellFormed, end);
      i++;
    } else if (char === '<' && text[i + 1] === '<') {
      i += 2;
      while (text[i] === ' ' || text[i] === '\t' || text[i] === '\r') i++;
    } else i++;
  }
  return Math.min(i, text.length);
}

function readMarker(text: string, start: number, end: number): HeredocMarker | undefined {
  let at = start;
  while (at < end && isDigit(text[at])) at++;
  if (!text.startsWith('<<', at) || at + 2 > end) return undefined;
  const fd = Number(text.slice(start, at));
  at += 2;
  const stripTabs = text[at] === '-';
  if (stripTabs) at++;
  while (at < end && isSpace(text[at])) at++;
  const raw = text.slice(at, end);
  if (raw === '' || raw.includes('<')) return undefined;
  const { name, quoted } = unquote(raw);
  if (name === '') return undefined;
  return { start, end, fd, name, stripTabs, expand: !quoted };
}

/** The word without its quotes and escapes, and whether any part of it was quoted. */
function unquote(raw: string): { name: string; quoted: boolean } {
  let name = '';
  let quoted = false;
  let quote: string | undefined;
  for (let i = 0; i < raw.length; i++) {
    const char = raw[i] ?? '';
    if (char === quote) quote = undefined;
    else if (quote === undefined && (char === '"' || char === "'")) {
      quote = char;
      quoted = true;
    } else if (char === '\\' && quote !== "'") {
      const next = raw[++i] ?? '';
      name += quote === '"' && !'"$\\'.includes(next) ? `\\${next}` : next;
    } else name += char;
  }
  return { name, quoted };
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}
