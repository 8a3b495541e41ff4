import { expect, test } from 'vitest';
import { suggest } from '../../core/suggest.ts';

const WORDS = ['build', 'images', 'inspect', 'RUN', 'COPY', '--target', '--tag'];

test.each([
  ['biuld', 'build'],
  ['bulid', 'build'],
  ['image', 'images'],
  ['RUNN', 'RUN'],
  ['copy', 'COPY'],
  ['CPOY', 'COPY'],
  ['--traget', '--target'],
  ['xyz', undefined],
  ['', undefined],
  ['RM', undefined],
])('%s is likely meant as %s', (word, meant) => {
  expect(suggest(word, WORDS)).toBe(meant);
});

test('of equally near words the first is taken', () => {
  expect(suggest('cat', ['car', 'can'])).toBe('car');
});
