// Text -> logical instructions: drops the byte order mark and a `#!` line, reads directives, keeps
// comments for the instruction below them, joins continued lines, hands out the bodies of heredocs.
// Works strictly forward, one pass, so its cost is linear in the text. What is wrong goes to `problems`
// and the next line is read; only a text that cannot be read at all ends the reading.

import { BuildError } from '../../core/errors.ts';
import type { Problems } from '../../core/problems.ts';
import type { SourceText, Span } from '../../core/source.ts';
import type { Comment, Directive, EscapeCharacter } from '../ast.ts';
import { DirectiveReader } from './directives.ts';
import { LastLines } from './last-lines.ts';
import { LogicalLine } from './logical-line.ts';
import { isSpace, skipSpace, trimEnd } from './space.ts';

/** The reference refuses longer lines (bytes, without the line end). */
const LINE_LIMIT = 65_535;

/** Far above what a kernel takes as one argument; keeps a hostile file from being one huge token. */
const INSTRUCTION_LIMIT = 1_048_576;

/** Offsets of a physical line: `end` is before its line end, `next` after it. */
interface PhysicalLine {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

export class Preprocessor {
  readonly emptyContinuations: Span[] = [];
  readonly #source: SourceText;
  readonly #problems: Problems;
  readonly #directives: DirectiveReader;
  readonly #lastLines: LastLines;
  #at = 0;
  #gaveUp = false;

  /** Adds E_PARSE, E_DIRECTIVE to `problems`, now and while lines are read. */
  constructor(source: SourceText, problems: Problems) {
    this.#source = source;
    this.#problems = problems;
    this.#lastLines = new LastLines(source.text);
    if (source.text.startsWith('\ufeff')) this.#at = 1;
    const nul = source.text.indexOf('\0');
    // Nothing that is run or stored can hold one.
    if (nul !== -1) this.#giveUp('the Dockerfile holds a NUL character', nul, nul + 1);
    const isScript = source.text.startsWith('#!', this.#at);
    if (isScript) this.#nextLine();
    this.#directives = new DirectiveReader(isScript ? 'a #! line' : 'nothing');
  }

  get escape(): EscapeCharacter {
    return this.#directives.escape;
  }

  /** True where the text could not be read to its end. */
  get gaveUp(): boolean {
    return this.#gaveUp;
  }

  /** The directives so far; complete once the first instruction was read. */
  get directives(): readonly Directive[] {
    return this.#directives.directives;
  }

  /** Returns the next logical instruction, or undefined at the end. */
  next(): LogicalLine | undefined {
    let comments: Comment[] = [];
    for (let line = this.#nextLine(); line !== undefined; line = this.#nextLine()) {
      const start = skipSpace(this.#source.text, line.start, line.end);
      const span = { source: this.#source, start, end: line.end };
      const text = this.#source.text.slice(start, line.end);
      if (this.#problems.attempt(() => this.#directives.accept(text, span)) ?? true) continue;
      if (start === line.end) continue;
      if (this.#source.text[start] === '#') {
        const comment = this.#comment(start, line.end);
        if (comment.text === '') comments = [];
        else comments.push(comment);
        continue;
      }
      const joined = this.#join({ ...line, start }, comments);
      if (joined !== undefined && joined.text !== '') return joined;
    }
    return undefined;
  }

  /**
   * Reads the lines up to the one that is `terminator` (after leading tabs where `stripTabs`).
   * Returns them as they are, line ends included; undefined where the text ends first.
   */
  heredocBody(terminator: string, stripTabs: boolean): { body: string; span: Span } | undefined {
    const start = this.#at;
    for (let line = this.#nextLine(); line !== undefined; line = this.#nextLine()) {
      let from = line.start;
      while (stripTabs && from < line.end && this.#source.text[from] === '\t') from++;
      if (line.end - from !== terminator.length) continue;
      if (!this.#source.text.startsWith(terminator, from)) continue;
      const span = { source: this.#source, start, end: line.start };
      return { body: this.#source.text.slice(start, line.start), span };
    }
    return undefined;
  }

  /** True where `heredocBody` would find an end. */
  hasLineBelow(terminator: string, stripTabs: boolean): boolean {
    return this.#lastLines.startOf(terminator, stripTabs) >= this.#at;
  }

  #comment(start: number, end: number): Comment {
    const from = skipSpace(this.#source.text, start + 1, end);
    const to = trimEnd(this.#source.text, from, end);
    const span = { source: this.#source, start, end };
    return { text: this.#source.text.slice(from, to), span };
  }

  /** Joins `first` with the lines that continue it; undefined where that is too much. */
  #join(first: PhysicalLine, comments: readonly Comment[]): LogicalLine | undefined {
    const pieces: { from: number; to: number }[] = [];
    let size = 0;
    let line: PhysicalLine | undefined = first;
    for (let continued = true; continued && line !== undefined; ) {
      const kept = this.#withoutContinuation(line);
      continued = kept !== undefined;
      const to = kept ?? line.end;
      size += to - line.start;
      if (size <= INSTRUCTION_LIMIT) pieces.push({ from: line.start, to });
      if (continued) line = this.#nextContinuation();
    }
    if (size > INSTRUCTION_LIMIT) {
      const message = `the instruction is longer than ${INSTRUCTION_LIMIT} characters`;
      this.#problems.add(this.#error(message, first.start, first.end));
      return undefined;
    }
    return new LogicalLine(this.#source, this.#trim(pieces), comments);
  }

  /** The next line of a continued instruction: comment lines are dropped, blank ones too, with a note. */
  #nextContinuation(): PhysicalLine | undefined {
    for (let line = this.#nextLine(); line !== undefined; line = this.#nextLine()) {
      const start = skipSpace(this.#source.text, line.start, line.end);
      if (start === line.end) {
        this.emptyContinuations.push({ source: this.#source, start: line.start, end: line.end });
      } else if (this.#source.text[start] !== '#') return line;
    }
    return undefined;
  }

  /**
   * Where the line ends in the escape character (blanks after it do not count), the offset before
   * that; undefined where it does not. An escaped escape character continues nothing.
   */
  #withoutContinuation(line: PhysicalLine): number | undefined {
    const { text } = this.#source;
    let end = line.end;
    while (end > line.start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
    if (end === line.start || text[end - 1] !== this.escape) return undefined;
    if (end - 2 >= line.start && text[end - 2] === this.escape) return undefined;
    return end - 1;
  }

  /** Takes white space off both ends of the joined text. */
  #trim(pieces: { from: number; to: number }[]): { from: number; to: number }[] {
    const { text } = this.#source;
    for (const piece of pieces) {
      while (piece.from < piece.to && isSpace(text[piece.from])) piece.from++;
      if (piece.from < piece.to) break;
    }
    for (let i = pieces.length - 1; i >= 0; i--) {
      const piece = pieces[i];
      if (piece === undefined) break;
      piece.to = trimEnd(text, piece.from, piece.to);
      if (piece.from < piece.to) break;
    }
    return pieces;
  }

  #nextLine(): PhysicalLine | undefined {
    const { text } = this.#source;
    const start = this.#at;
    if (start >= text.length) return undefined;
    const feed = text.indexOf('\n', start);
    const next = feed === -1 ? text.length : feed + 1;
    let end = feed === -1 ? text.length : feed;
    if (tooLong(text, start, end)) {
      this.#giveUp(`the line is longer than ${LINE_LIMIT} bytes`, start, start + 1);
      return undefined;
    }
    while (end > start && text[end - 1] === '\r') end--;
    this.#at = next;
    return { start, end, next };
  }

  /** What follows would be read wrongly, so nothing of it is. */
  #giveUp(message: string, start: number, end: number): void {
    this.#gaveUp = true;
    this.#problems.add(this.#error(message, start, end));
    this.#at = this.#source.text.length;
  }

  #error(message: string, start: number, end: number): BuildError {
    return new BuildError('E_PARSE', message, { span: { source: this.#source, start, end } });
  }
}

function tooLong(text: string, start: number, end: number): boolean {
  if ((end - start) * 3 <= LINE_LIMIT) return false;
  return end - start > LINE_LIMIT || Buffer.byteLength(text.slice(start, end)) > LINE_LIMIT;
}
