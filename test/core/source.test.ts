import { describe, expect, it } from 'vitest';
import { lineText, positionAt } from '../../core/source.ts';

describe('the position of an offset', () => {
  const source = { name: 'Dockerfile', text: 'a\n\nb😀c\r\nd' };

  it.each([
    [0, 1, 1],
    [1, 1, 2],
    [2, 2, 1],
    [3, 3, 1],
    [6, 3, 3],
    [7, 3, 4],
    [9, 4, 1],
    [99, 4, 2],
  ])('%i is line %i, column %i', (offset, line, column) => {
    expect(positionAt(source, offset)).toEqual({ line, column });
  });

  it.each([[''], ['\n'], ['\n\n\n']])('counts the feeds before it in %j', (text) => {
    for (let offset = 0; offset <= text.length; offset++) {
      expect(positionAt({ name: '', text }, offset)).toEqual({ line: offset + 1, column: 1 });
    }
  });
});

it('a line is without its end, and nothing where there is none', () => {
  const source = { name: 'Dockerfile', text: 'a\r\nb\n' };
  const lines = [0, 1, 2, 3, 4].map((line) => lineText(source, line));
  expect(lines).toEqual(['', 'a', 'b', '', '']);
});
