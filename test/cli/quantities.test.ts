import { expect, test } from 'vitest';
import { parseAge } from '../../cli/flags/age.ts';
import { formatAge, formatSize } from '../../cli/render/quantities.ts';
import { formatTable } from '../../cli/render/table.ts';
import { thrown } from './thrown.ts';

test.each([
  [0, '0B'],
  [999, '999B'],
  [1000, '1.00kB'],
  [9994, '9.99kB'],
  [12_345, '12.3kB'],
  [999_499, '999kB'],
  [999_500, '1.00MB'],
  [5_280_000_000, '5.28GB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test.each([
  [0, 'now'],
  [-5, 'now'],
  [1, '1 second ago'],
  [59, '59 seconds ago'],
  [3600, '1 hour ago'],
  [86_400 * 29, '29 days ago'],
  [86_400 * 800, '2 years ago'],
])('%i seconds are %s', (seconds, text) => {
  expect(formatAge(0, seconds * 1000)).toBe(text);
});

test.each([
  ['90s', 90_000],
  ['1d12h', 129_600_000],
  ['0h', 0],
  ['4w', 2_419_200_000],
])('the age %s is %i milliseconds', (text, age) => {
  expect(parseAge(text)).toBe(age);
});

test.each(['', '7', 'd', '1.5h', '-1d', '1y'])('%j is no age', (text) => {
  expect(thrown(() => parseAge(text))).toContain(`error[E_USAGE]: ${JSON.stringify(text)} is not`);
});

test('columns are as wide as their widest cell, and hostile cells are printable', () => {
  const rows = [
    ['漢字', '1'],
    ['a\u001b[2Jb\nc', '22'],
  ];
  expect(formatTable(['NAME', 'N'], rows)).toBe('NAME   N\n漢字   1\nab c   22\n');
});
