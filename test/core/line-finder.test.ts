import { expect, test } from 'vitest';
import { lineFinder } from '../../core/line-finder.ts';
import { positionAt } from '../../core/source.ts';

test.each(['', '\n', 'a', 'a\n', 'a\nbc\n\nd', '\r\n\r\nx'])(
  'lines of %j are those of positionAt',
  (text) => {
    const source = { name: 'x', text };
    const lineOf = lineFinder(source);
    for (let offset = 0; offset <= text.length; offset++) {
      expect(lineOf(offset)).toBe(positionAt(source, offset).line);
    }
  },
);
