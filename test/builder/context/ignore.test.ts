import { describe, expect, test } from 'vitest';
import { ignoreRules, parseIgnoreFile } from '../../../builder/context/ignore.ts';
import { isBuildError } from '../../../core/errors.ts';

// The rules, a path, and whether it is kept out. Rows follow moby/patternmatcher's own tests.
const ROWS: readonly [rules: string[], path: string, ignored: boolean][] = [
  [['a'], 'a', true],
  [['a'], 'a/b', true],
  [['a'], 'b/a', false],
  [['a/'], 'a/b', true],
  [['**/a'], 'x/y/a', true],
  [['**/a'], 'a', true],
  [['a/**'], 'a/b/c', true],
  [['a/**'], 'a', false],
  [['**'], 'any/thing', true],
  [['*'], 'a/b', true],
  [['*.md'], 'a.md', true],
  [['*.md'], 'x/a.md', false],
  [['a?c'], 'abc', true],
  [['a?c'], 'a/c', false],
  [['[a-c].txt'], 'b.txt', true],
  [['[^a-c].txt'], 'b.txt', false],
  [['a\\*b'], 'a*b', true],
  [['a\\*b'], 'axb', false],
  [['a.b'], 'axb', false],
  [['x(1)'], 'x(1)', true],
  [['**/*.go', '!keep.go'], 'keep.go', false],
  [['**/*.go', '!keep.go'], 'x/keep.go', true],
  [['dir', '!dir/in'], 'dir/in', false],
  [['dir', '!dir/in'], 'dir/out', true],
  [['!a', 'a'], 'a', true],
  [['./a/../b'], 'b', true],
  [['a/**/b'], 'a/b', true],
  [['a/**/b'], 'a/x/y/b', true],
  [['.'], 'a', false],
  [['/a'], 'a', false],
  [['../a'], 'a', false],
  [['**.pyc'], 'x/a.pyc', true],
  [['**.pyc'], 'a.pyc', true],
  [['**b'], 'x/ab', true],
  [['**b*'], 'x/ab', false],
  [['**/b'], 'x/ab', false],
  [['a**'], 'ab/c', true],
  [['a**b'], 'axb', false],
  [['a**b'], 'ax/b', true],
  [['a***'], 'abc/d', true],
  [['****'], 'a/b', true],
  [['[!a]'], '!', true],
  [['[!a]'], 'b', false],
  [['[\\]]'], ']', true],
  [['[a\\-c]'], 'b', false],
  [['?'], '😀', true],
  [['?'], '\udcff', true],
  [['[😀-😂]'], '😁', true],
  [['a[^b]c'], 'a/c', true],
  // A rule that changes nothing on the directory does not cover what is in it.
  [['a', '!a/b', 'a'], 'a/b', false],
  [['*', '!a', 'a/b', '!a/b/c'], 'a/b/c', false],
  [['*', '!a', 'a/b', '!a/b/c'], 'a/b/d', true],
  [['*', '!a', 'a/b', '!a/b/c'], 'a/d', false],
];

const FILES: readonly [text: string, path: string, ignored: boolean][] = [
  ['/a', 'a', true],
  ['!/a\n/a', 'a', true],
  ['a\n! /a/', 'a', false],
  ['  a  \r\nb\r\n', 'a', true],
  ['  a  \r\nb\r\n', 'b', true],
  ['/../a', 'a', true],
  ['a\u00a0', 'a', true],
  ['/', 'a', false],
  ['a\n#a', '#a', false],
  ['\\#a', '#a', true],
  ['\\!a', '!a', true],
];

// Where the reference is of another opinion than its own documents, by accident of how it makes a
// regular expression of a pattern: here the documents hold.
const NOT_AS_THE_REFERENCE: readonly [rule: string, path: string, ignored: boolean][] = [
  ['a|b*', 'a', false],
  ['a|b*', 'a|b', true],
  ['x{2}?', 'xxy', false],
  ['x{2}?', 'x{2}y', true],
  ['*^', 'a^', true],
  ['\\d*', 'd1', true],
  ['\\d*', '11', false],
  ['[*]', '*', true],
  ['[?]x', '?x', true],
  ['**/*.md', 'a\nb/x.md', true],
];

describe('ignore rules', () => {
  test.each(FILES)('a file with %j on %s: %s', (text, path, ignored) => {
    expect(parseIgnoreFile({ name: '.dockerignore', text }).ignores(path)).toBe(ignored);
  });

  test.each(NOT_AS_THE_REFERENCE)(
    'every character but a wildcard is itself: %j on %j: %s',
    (rule, path, ignored) => {
      expect(ignoreRules([rule]).ignores(path)).toBe(ignored);
    },
  );

  test.each([['[]'], ['[^]'], ['a['], ['[a-]'], ['[-a]'], ['[]a]'], ['a\\']])(
    '%j is no pattern',
    (rule) => {
      expect(() => ignoreRules([rule])).toThrow(
        expect.objectContaining({
          code: 'E_IGNORE_PATTERN',
          message: `"${rule}" is not a pattern`,
        }),
      );
    },
  );

  test.each(ROWS)('%j on %s: %s', (rules, path, ignored) => {
    expect(ignoreRules(rules).ignores(path)).toBe(ignored);
  });

  test('comments stand only in the first column, blank lines and a byte order mark do not count', () => {
    const text = '\ufeff# a comment\n\n  spaced  \n #not-a-comment\n';
    const rules = parseIgnoreFile({ name: '.dockerignore', text });
    expect(rules.ignores('spaced')).toBe(true);
    expect(rules.ignores('#not-a-comment')).toBe(true);
    expect(rules.ignores('# a comment')).toBe(false);
  });

  test('a folder is skipped unread only where no rule lets anything in again', () => {
    expect(ignoreRules(['node_modules']).prunes('node_modules')).toBe(true);
    expect(ignoreRules(['node_modules', '!node_modules/x']).prunes('node_modules')).toBe(false);
    expect(ignoreRules(['node_modules', '!src/x']).prunes('node_modules')).toBe(true);
    expect(ignoreRules(['node_modules', '!**/x']).prunes('node_modules')).toBe(false);
  });

  test.each([
    ['!', 'a lone "!" excludes nothing'],
    ['a\n[', '"[" is not a pattern'],
  ])('%j is refused with its place', (text, message) => {
    try {
      parseIgnoreFile({ name: '.dockerignore', text });
      expect.unreachable();
    } catch (error) {
      if (!isBuildError(error)) throw error;
      expect(error.code).toBe('E_IGNORE_PATTERN');
      expect(error.message).toBe(message);
      expect(error.span?.start).toBe(text.lastIndexOf('\n') + 1);
    }
  });
});
