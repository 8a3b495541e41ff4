// Lines of a Dockerfile around a place, as buildx shows them below a warning: numbered, the lines of the
// place marked, a few of those around it for context.

import type { Lines } from '../../builder/describe/instruction-lines.ts';
import type { SourceText } from '../../core/source.ts';
import { printable } from '../printable.ts';

const RULE = '-'.repeat(20);

/** Returns the file and line, and the excerpt between two rules. */
export function numberedLines(source: SourceText, { first, last }: Lines): string {
  const lines = source.text.split('\n').map((line) => line.replace(/\r$/, ''));
  const [from, to] = withContext(first, Math.min(last, lines.length), lines.length);
  const shown = lines.slice(from - 1, to).map((line, offset) => {
    const number = from + offset;
    const mark = number >= first && number <= last ? '>>>' : '   ';
    return ` ${String(number).padStart(3)} | ${mark} ${printable(line)}\n`;
  });
  return `${printable(source.name)}:${first}\n${RULE}\n${shown.join('')}${RULE}\n`;
}

/** Adds a line above and one below in turns: more around one line than around several, and more where one side ends. */
function withContext(first: number, last: number, count: number): [number, number] {
  const wanted = first === last ? 4 : 2;
  let [from, to] = [first, last];
  // A turn counts by itself, so that the end of a file on both sides is reached.
  for (let left = wanted; left > 0; left--) {
    if (from > 1) {
      from--;
      left--;
    }
    if (to !== count) {
      to++;
      left--;
    }
  }
  return [from, to];
}
