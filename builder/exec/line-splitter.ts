// A step's output as lines. The step is hostile: a line without end must not fill the memory, so a
// long one comes in pieces.

import { StringDecoder } from 'node:string_decoder';

/** Characters of a line that are given out at most as one. */
const LONGEST = 64 * 1024;

/** Cuts a stream of UTF-8 into its lines, without their ends (`\n` or `\r\n`). */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** Yields the lines that `chunk` ends. */
  *write(chunk: Buffer): Iterable<string> {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) yield* pieces(withoutReturn(line));
    for (; this.#rest.length > LONGEST; this.#rest = this.#rest.slice(LONGEST)) {
      yield this.#rest.slice(0, LONGEST);
    }
  }

  /** Yields the last line, where it has no end. */
  *end(): Iterable<string> {
    const last = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (last !== '') yield withoutReturn(last);
  }
}

function* pieces(line: string): Iterable<string> {
  if (line.length <= LONGEST) yield line;
  else for (let at = 0; at < line.length; at += LONGEST) yield line.slice(at, at + LONGEST);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
