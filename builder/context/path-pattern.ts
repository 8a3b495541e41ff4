// One pattern of an ignore file (or of --exclude) as a test on paths. The language is that of the
// reference (moby/patternmatcher, on top of Go's filepath.Match): `*` and `?` stay within one
// component, `**` crosses any number of them, `[...]` is a class, `\` takes the next character as it is.

import { BuildError } from '../../core/errors.ts';

/** Returns the test of `pattern` on whole slash-separated relative paths. Throws E_IGNORE_PATTERN. */
export function compilePathPattern(pattern: string): RegExp {
  const source = [...translate(pattern)].join('');
  try {
    return new RegExp(`^${source}$`, 's');
  } catch (error) {
    throw new BuildError('E_IGNORE_PATTERN', `"${pattern}" is not a pattern`, {
      cause: error,
      hint: 'a "[" starts a class of characters; write "\\[" for the character itself',
    });
  }
}

function* translate(pattern: string): Iterable<string> {
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] ?? '';
    if (char === '*' && pattern[i + 1] === '*') {
      i++;
      if (pattern[i + 1] === '/') i++;
      yield i + 1 >= pattern.length ? '.*' : '(?:.*/)?';
    } else if (char === '*') yield '[^/]*';
    else if (char === '?') yield '[^/]';
    else if (char === '[') {
      const end = classEnd(pattern, i);
      yield pattern.slice(i, end).replace('[!', '[^');
      i = end - 1;
    } else if (char === '\\') {
      i++;
      yield escaped(pattern[i] ?? '\\');
    } else yield escaped(char);
  }
}

/** The offset behind the `]` that ends the class at `start`; without one, the whole rest (which no RegExp takes). */
function classEnd(pattern: string, start: number): number {
  for (let i = start + 1; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern[i] === ']' && i > start + 1) return i + 1;
  }
  return pattern.length;
}

function escaped(char: string): string {
  return /[.*+?^${}()|[\]\\/]/.test(char) ? `\\${char}` : char;
}
