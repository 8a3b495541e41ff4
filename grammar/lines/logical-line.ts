// One logical instruction: physical lines joined, with the way back from each character to its
// place in the source. Immutable once built.

import type { SourceText, Span } from '../../core/source.ts';
import type { Comment } from '../ast.ts';

/** A run of characters that is contiguous in the source. */
interface Piece {
  /** Offset in the joined text. */
  readonly at: number;
  /** Offset in the source. */
  readonly from: number;
  readonly length: number;
}

export class LogicalLine {
  readonly source: SourceText;
  /** The joined text, without white space at its ends. Holds no line feed. */
  readonly text: string;
  readonly comments: readonly Comment[];
  readonly #pieces: readonly Piece[];

  constructor(
    source: SourceText,
    pieces: readonly { readonly from: number; readonly to: number }[],
    comments: readonly Comment[],
  ) {
    this.source = source;
    this.comments = comments;
    const placed: Piece[] = [];
    let text = '';
    for (const { from, to } of pieces) {
      if (to === from) continue;
      placed.push({ at: text.length, from, length: to - from });
      text += source.text.slice(from, to);
    }
    this.text = text;
    this.#pieces = placed;
  }

  /** The span in the source of the joined text's `[start, end)`. */
  span(start: number, end: number): Span {
    const from = this.#origin(start);
    const to = end > start ? this.#origin(end - 1) + 1 : from;
    return { source: this.source, start: from, end: to };
  }

  /** The source offset of the character at `offset`; at the end of the text, the offset after the last one. */
  #origin(offset: number): number {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#pieces[middle]?.at ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const piece = this.#pieces[low];
    return piece === undefined ? 0 : piece.from + Math.min(offset - piece.at, piece.length);
  }
}
