// The matcher of patterns with many stars, held against a RegExp that says the same.

import { expect, test } from 'vitest';
import { compileGlob, compilePathPattern } from '../../../builder/context/path-pattern.ts';
import { automaton, type Part } from '../../../builder/context/pattern-automaton.ts';
import { seededRandom } from '../../support/seed.ts';

const PARTS: readonly (readonly [Part, source: string])[] = [
  [{ kind: 'star' }, '[^/]*'],
  [{ kind: 'any' }, '[^/]'],
  [{ kind: 'class', source: '[^b]' }, '[^b]'],
  [{ kind: 'char', char: 'a', escaped: false }, 'a'],
  [{ kind: 'char', char: 'b', escaped: true }, 'b'],
  [{ kind: 'char', char: '/', escaped: false }, '/'],
];

test('it says what a RegExp says', () => {
  const random = seededRandom('pattern automaton');
  for (let round = 0; round < 3000; round++) {
    const crosses = random.int(2) === 0;
    const chosen = Array.from({ length: 1 + random.int(6) }, () => random.int(8));
    const parts = chosen.map((pick): Part => PARTS[pick]?.[0] ?? { kind: 'stars' });
    const sources = chosen.map(
      (pick, index) => PARTS[pick]?.[1] ?? stars(crosses, index === chosen.length - 1),
    );
    const expected = new RegExp(`^${sources.join('')}$`, 'su');
    const matches = automaton(parts, { crosses });
    for (let i = 0; i < 8; i++) {
      const path = Array.from({ length: random.int(7) }, () => 'ab/'[random.int(3)]).join('');
      expect(matches(path), `${expected.source} ${path}`).toBe(expected.test(path));
    }
  }
});

function stars(crosses: boolean, isLast: boolean): string {
  if (!crosses) return '[^/]*';
  return isLast ? '.*' : '(?:.*/)?';
}

test('patterns with many stars reject long names at once, and match what they mean', () => {
  const started = performance.now();
  const name = 'a'.repeat(250);
  expect(compileGlob(`${'*a'.repeat(12)}b`)(name)).toBe(false);
  expect(compileGlob(`${'*a'.repeat(12)}*`)(name)).toBe(true);
  expect(compilePathPattern(`${'**/a*'.repeat(6)}/b`)(`${name}/`.repeat(16))).toBe(false);
  expect(compilePathPattern('**/*.test.*/**/x*')('d/a.test.ts/e/f/xy')).toBe(true);
  expect(performance.now() - started).toBeLessThan(2000);
});
