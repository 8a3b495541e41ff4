// A step's output as lines. The step is hostile: a line without end must not fill the memory, so a
// long one comes in pieces.

import { StringDecoder } from 'node:string_decoder';

/** Characters of a line that are given out at most as one. */
const LONGEST = 64 * 1024;

/** Yields the lines of a stream of UTF-8 without their ends (`\n` or `\r\n`), the last one even without an end. */
export async function* splitLines(stream: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(Buffer.from(chunk))).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield* pieces(withoutReturn(line));
    for (; rest.length > LONGEST; rest = rest.slice(LONGEST)) yield rest.slice(0, LONGEST);
  }
  rest += decoder.end();
  if (rest !== '') yield withoutReturn(rest);
}

function* pieces(line: string): Iterable<string> {
  if (line.length <= LONGEST) yield line;
  else for (let at = 0; at < line.length; at += LONGEST) yield line.slice(at, at + LONGEST);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
