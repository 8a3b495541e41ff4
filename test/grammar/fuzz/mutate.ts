// Small accidents to a text: a character lost, a line twice, a byte that no editor makes.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Dockerfiles, not ours

import { once, pick, type Random } from './random.ts';

const PIECES = [
  '\\', '\n', '"', "'", '$', '${', '}', '<<E', '[', ']', ' ', '\t', '\r\n', '=', '--', '#', '\u0085', '\ud800',
  '\u2028', '`', 'ONBUILD ', 'FROM ', ' AS ', '\0', ',', ':', '/', '..', '-1', '\ufeff', '\u{1f600}', '\x1b[31m',
  '${A:-', '\\\n', '\r', '\x7f', '%', '*', '?',
] as const; // biome-ignore format: a table reads better

/** Returns `text` with one to four accidents. */
export function mutate(text: string, random: Random): string {
  let mutated = text;
  for (let count = random.int(4) + 1; count > 0; count--) {
    const at = random.int(mutated.length + 1);
    if (once(random, 5)) {
      const end = at + random.int(30);
      mutated = mutated.slice(0, end) + mutated.slice(at);
    } else {
      const cut = once(random, 3) ? random.int(20) : 0;
      const piece = once(random, 8) ? String.fromCharCode(random.int(0x300)) : pick(random, PIECES);
      mutated = mutated.slice(0, at) + piece + mutated.slice(at + cut);
    }
  }
  return mutated;
}
