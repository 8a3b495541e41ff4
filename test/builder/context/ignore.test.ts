import { describe, expect, test } from 'vitest';
import { ignoreRules, parseIgnoreFile } from '../../../builder/context/ignore.ts';
import { isBuildError } from '../../../core/errors.ts';

// The rules, a path, and whether it is kept out. Rows follow moby/patternmatcher's own tests.
const ROWS: readonly [rules: string[], path: string, ignored: boolean][] = [
  [['a'], 'a', true],
  [['a'], 'a/b', true],
  [['a'], 'b/a', false],
  [['a/'], 'a/b', true],
  [['/a'], 'a', true],
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
];

describe('ignore rules', () => {
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
