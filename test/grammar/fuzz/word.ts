// Words with variables, made piece by piece: every operator, nested, quoted, escaped, and broken.

import { once, pick, type Random } from './random.ts';

const NAMES = [
  'A',
  'B',
  'EMPTY',
  'NONE',
  'PATTERN',
  'é',
  '1',
  '12a',
  '@',
  '#',
  '?',
  '-',
  '$',
  '!',
  '0',
  '_x',
  '',
] as const;
const OPERATORS = [
  '-',
  ':-',
  '+',
  ':+',
  '?',
  ':?',
  '#',
  '##',
  '%',
  '%%',
  '/',
  '//',
  ':=',
  '=',
  ':',
  '^',
  ':#',
] as const;
const PLAIN = ['a', 'xyx', '*', '?', '/', '\\', '\\\\', '\\*', '\\?', '\\}', '\\/', '\\$', '\\"', "\\'", ' ', '\t', '<<', '<', '}', '{', '.', '[', ']', '(', '^', 'é', '\u{1f600}', '`', '\\a', "'", '"', '\n'] as const; // biome-ignore format: a table reads better

/** The variables that the words ask for; the others are not set. */
export const VARIABLES: ReadonlyMap<string, string> = new Map([
  ['A', 'xyxyx'],
  ['B', 'a b/c*?\\d'],
  ['EMPTY', ''],
  ['PATTERN', '*x?\\*'],
  ['é', 'ü\u{1f600}\nz'],
  ['_x', 'q\'u"o$A'],
]);

/** A word of a few pieces; `${...}` nests `depth` deep at most. */
export function generateWord(random: Random, depth = 3): string {
  let word = '';
  for (let count = random.int(5); count >= 0; count--) word += piece(random, depth);
  return word;
}

function piece(random: Random, depth: number): string {
  switch (random.int(depth > 0 ? 6 : 3)) {
    case 0:
    case 1:
      return pick(random, PLAIN);
    case 2:
      return `$${once(random, 4) ? '{' : ''}${pick(random, NAMES)}${once(random, 4) ? '}' : ''}`;
    case 3: {
      const quote = pick(random, ['"', "'"]);
      return quote + generateWord(random, depth - 1) + quote;
    }
    default:
      return braced(random, depth - 1);
  }
}

function braced(random: Random, depth: number): string {
  const operator = once(random, 5) ? '' : pick(random, OPERATORS);
  const word = operator === '' && !once(random, 20) ? '' : generateWord(random, depth);
  const second =
    operator.startsWith('/') && !once(random, 20) ? `/${generateWord(random, depth)}` : '';
  return `\${${pick(random, NAMES)}${operator}${word}${second}}`;
}
