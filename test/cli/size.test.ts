import { expect, test } from 'vitest';
import { parseSize } from '../../cli/flags/size.ts';

test.each([
  ['0', 0],
  ['123', 123],
  ['123b', 123],
  ['500MB', 500_000_000],
  ['1.5g', 1_500_000_000],
  ['2KiB', 2048],
  ['1TiB', 1024 ** 4],
])('%s is %d bytes', (text, bytes) => {
  expect(parseSize(text, '--flag')).toBe(bytes);
});

test.each(['', 'x', '-1', '1xb', '1ib', '1e9', '10%'])('%j is no size', (text) => {
  expect(() => parseSize(text, '--flag')).toThrow(
    expect.objectContaining({
      code: 'E_USAGE',
      message: `--flag: ${JSON.stringify(text)} is not a size`,
      hint: 'a number and a unit: 500MB, 20GB, 1.5TiB',
    }),
  );
});

test('a size beyond all disks is refused', () => {
  expect(() => parseSize('99999999PB', '--flag')).toThrow('--flag: "99999999PB" is too large');
});
