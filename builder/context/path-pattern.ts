// Patterns on paths, in two languages that share their parts: that of Go's filepath.Match (`*` and `?`
// stay within one component, `[...]` is a class, `\` takes the next character as it is), and on top of
// it that of ignore files (moby/patternmatcher), where `**` crosses any number of components. A character
// is a code point, or one byte that is not UTF-8 (core/names.ts).

import { BuildError } from '../../core/errors.ts';
import { automaton, type Part } from './pattern-automaton.ts';

export type PathTest = (path: string) => boolean;

/** Returns the test of `pattern` on whole slash-separated paths by filepath.Match, where `**` is no more than `*`. Throws E_IGNORE_PATTERN. */
export function compileGlob(pattern: string): PathTest {
  return pathTest(pattern, parse(pattern), { crosses: false });
}

/**
 * Returns the test of a pattern of an ignore file (or of --exclude, or --parents) on whole relative paths.
 * Throws E_IGNORE_PATTERN.
 */
export function compilePathPattern(pattern: string): PathTest {
  const parts = parse(pattern);
  // `**.pyc` is the end of a name, where `**/x` is a whole component: the one case that no RegExp below says.
  if (pattern.startsWith('**') && parts.slice(1).every(isLiteral))
    return suffixTest(pattern.slice(2));
  return pathTest(pattern, parts, { crosses: true });
}

function isLiteral(part: Part): boolean {
  return part.kind === 'char' && !part.escaped;
}

function suffixTest(suffix: string): PathTest {
  if (!suffix.startsWith('/')) return (path) => path.endsWith(suffix);
  return (path) => path.endsWith(suffix) || path === suffix.slice(1);
}

/** A RegExp is the quickest, but takes a name's length to the power of the stars where nothing matches. */
const MAX_STARS = 3;

function pathTest(
  pattern: string,
  parts: readonly Part[],
  { crosses }: { readonly crosses: boolean },
): PathTest {
  const sources = parts.map((part, index) =>
    sourceOf(part, !crosses ? '[^/]*' : index === parts.length - 1 ? '.*' : '(?:.*/)?'),
  );
  const stars = parts.filter(({ kind }) => kind === 'star' || kind === 'stars').length;
  try {
    if (stars > MAX_STARS) return automaton(parts, { crosses });
    const test = new RegExp(`^${sources.join('')}$`, 'su');
    return (path) => test.test(path);
  } catch (error) {
    throw malformed(pattern, error);
  }
}

function sourceOf(part: Part, stars: string): string {
  switch (part.kind) {
    case 'stars':
      return stars;
    case 'star':
      return '[^/]*';
    case 'any':
      return '[^/]';
    case 'class':
      return part.source;
    case 'char':
      return part.char.replace(/[\^$\\.*+?()[\]{}|/]/, '\\$&');
  }
}

function parse(pattern: string): readonly Part[] {
  const chars = [...pattern];
  const parts: Part[] = [];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? '';
    if (char === '*' && chars[i + 1] === '*') {
      i += chars[i + 2] === '/' ? 2 : 1;
      parts.push({ kind: 'stars' });
    } else if (char === '*') parts.push({ kind: 'star' });
    else if (char === '?') parts.push({ kind: 'any' });
    else if (char === '[') {
      const { source, end } = parseClass(pattern, chars, i + 1);
      parts.push({ kind: 'class', source });
      i = end;
    } else if (char !== '\\') parts.push({ kind: 'char', char, escaped: false });
    else {
      const next = chars[++i];
      if (next === undefined) throw malformed(pattern);
      parts.push({ kind: 'char', char: next, escaped: true });
    }
  }
  return parts;
}

/** Reads a class from behind its `[`; `end` is where its `]` is. */
function parseClass(
  pattern: string,
  chars: readonly string[],
  start: number,
): { readonly source: string; readonly end: number } {
  let at = start;
  const next = (): string => {
    if (chars[at] === '-' || chars[at] === ']') throw malformed(pattern);
    if (chars[at] === '\\') at++;
    const char = chars[at++];
    if (char === undefined) throw malformed(pattern);
    return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
  };
  const negated = chars[at] === '^';
  if (negated) at++;
  let ranges = '';
  do {
    ranges += next();
    if (chars[at] === '-') {
      at++;
      ranges += `-${next()}`;
    }
  } while (chars[at] !== ']');
  return { source: `[${negated ? '^' : ''}${ranges}]`, end: at };
}

function malformed(pattern: string, cause?: unknown): BuildError {
  return new BuildError('E_IGNORE_PATTERN', `"${pattern}" is not a pattern`, {
    cause,
    hint: 'a "[" starts a class of characters and "\\" takes the next one as it is; write "\\[" or "\\\\" for the characters themselves',
  });
}
