import { expect, test } from 'vitest';
import { printable, printableJson } from '../../cli/printable.ts';

test.each([
  ['colour', 'a\u001b[31mred\u001b[0mb', 'aredb'],
  ['cursor moves', 'a\u001b[2K\u001b[1Ab', 'ab'],
  ['a window title', 'a\u001b]0;title\u0007b', 'ab'],
  ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
  ['a string that is not closed', 'a\u001bPdevice string', 'a'],
  ['a reset', 'a\u001bcb', 'ab'],
  ['a charset', 'a\u001b(0b', 'ab'],
  ['8-bit control sequences', 'a\u009b31mb\u009d0;t\u009cc', 'abc'],
  ['an escape at the end', 'a\u001b', 'a'],
  ['a sequence that is cut off', 'a\u001b[12', 'a'],
])('%s is taken out', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('other characters that do not print become the replacement character', () => {
  expect(printable('bell\u0007 back\b zero\0 cr\r bidi\u202e bad\udcff')).toBe(
    'bell\ufffd back\ufffd zero\ufffd cr\ufffd bidi\ufffd bad\ufffd',
  );
});

test('text of any script, tabs and line feeds stay', () => {
  const text = 'a\tb\nä 漢字 🎉 e\u0301';
  expect(printable(text)).toBe(text);
});

test('what is left after one sequence cannot form another', () => {
  expect(printable('\u001b\u001b[31m[31mx')).not.toContain('\u001b');
});

test('JSON has nothing raw that drives a terminal, and still says what it said', () => {
  const value = { a: '\u009b2J \u007f \u202e \u001b[2J \u2028 é \ud83d\ude00' };
  const json = printableJson(value);
  expect(json).toBe(String.raw`{"a":"\u009b2J \u007f \u202e \u001b[2J \u2028 é 😀"}`);
  expect(JSON.parse(json)).toEqual(value);
  expect(printableJson({ a: [] }, 2)).toBe('{\n  "a": []\n}');
});
