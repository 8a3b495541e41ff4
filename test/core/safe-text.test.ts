import { expect, test } from 'vitest';
import { safeText, safeUrl } from '../../core/safe-text.ts';

test.each([
  ['plain text stays', 'plain text stays'],
  ['Grüße, 世界', 'Grüße, 世界'],
  ['title\u001b]0;owned\u0007 end', 'title ]0;owned  end'],
  ['two\r\nlines', 'two lines'],
  ['c1 \u009b31m', 'c1  31m'],
  ['right\u202eleft', 'right left'],
  ['zero\u200bwidth', 'zero width'],
])('safeText(%j) is %j', (text, safe) => {
  expect(safeText(text)).toBe(safe);
});

test('what is too long ends in three dots', () => {
  expect(safeText('x'.repeat(300), 10)).toBe(`${'x'.repeat(10)}...`);
});

test('a URL is shown without its password, query and fragment', () => {
  const url = new URL('https://me:secret@example.com:5000/v2/a/blobs?X-Sig=abc#top');
  expect(safeUrl(url)).toBe('https://example.com:5000/v2/a/blobs');
});
