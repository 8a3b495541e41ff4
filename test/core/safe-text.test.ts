import { expect, test } from 'vitest';
import { redactCredentials, safeText, safeUrl } from '../../core/safe-text.ts';

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

test('user and password in a URL are not shown', () => {
  expect(redactCredentials('GET https://me:pa55@host/v2/ and ftp://x@y')).toBe(
    'GET https://***@host/v2/ and ftp://***@y',
  );
});

test('an at sign after the host is not a credential', () => {
  expect(redactCredentials('https://host/a@sha256:1')).toBe('https://host/a@sha256:1');
});

test('a password with an at sign in it is not shown either', () => {
  expect(redactCredentials('https://me:p@ss@host:80/x://a:b@c')).toBe(
    'https://***@host:80/x://***@c',
  );
});

test('a long text takes no longer than its length', () => {
  const started = performance.now();
  redactCredentials('a.'.repeat(1_000_000));
  redactCredentials('://a@'.repeat(200_000));
  expect(performance.now() - started).toBeLessThan(2000);
});
