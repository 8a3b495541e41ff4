// Ignore rules: which paths of a context no COPY may see. The rules are the reference's
// (.dockerignore): a rule that matches a directory covers what is in it, the last rule that matches decides,
// and `!` lets in again. A path's verdict follows from its directory's, as in a walk from the top.

import { posix } from 'node:path';
import { BuildError, isBuildError } from '../../core/errors.ts';
import type { SourceText, Span } from '../../core/source.ts';
import { compilePathPattern, type PathTest } from './path-pattern.ts';

export interface IgnoreRules {
  /** True where `path` (relative, slash-separated, not '') is kept out. */
  ignores(path: string): boolean;
  /** True where nothing below the ignored directory `path` can be let in again. */
  prunes(path: string): boolean;
  /** The rules that apply to `path`, in order: the last one decides. None lets it in. */
  applied(path: string): readonly IgnoreRule[];
  /** All rules, in order. */
  readonly all: readonly IgnoreRule[];
}

export interface IgnoreRule {
  /** As written, `!` included. */
  readonly text: string;
  readonly negated: boolean;
  /** Without `!`, cleaned. */
  readonly pattern: string;
  /** Of the line in the ignore file; undefined for --exclude. */
  readonly span: Span | undefined;
}

interface CompiledRule extends IgnoreRule {
  readonly test: PathTest;
}

/** Rules that ignore nothing. */
export const NO_RULES: IgnoreRules = {
  ignores: () => false,
  prunes: () => false,
  applied: () => [],
  all: [],
};

/** Reads the text of an ignore file. Throws E_IGNORE_PATTERN with the line's place. */
export function parseIgnoreFile(source: SourceText): IgnoreRules {
  const rules: CompiledRule[] = [];
  let offset = 0;
  for (const raw of source.text.split('\n')) {
    const line = offset === 0 ? raw.replace(/^\ufeff/, '') : raw;
    const span = { source, start: offset, end: offset + raw.length };
    if (!line.startsWith('#') && trimSpace(line) !== '')
      rules.push(lineRule(trimSpace(line), span));
    offset += raw.length + 1;
  }
  return rulesOf(rules);
}

/** Makes rules of patterns that came by themselves, as those of --exclude: a slash in front is not taken off. Throws E_IGNORE_PATTERN. */
export function ignoreRules(patterns: readonly string[]): IgnoreRules {
  const rules = patterns.map(trimSpace).filter((pattern) => pattern !== '');
  return rulesOf(rules.map((text) => compileRule(text, clean(text), undefined)));
}

/** A line of a file: white space behind `!` and a slash in front mean nothing. */
function lineRule(text: string, span: Span): CompiledRule {
  const negated = text.startsWith('!');
  const body = negated ? trimSpace(text.slice(1)) : text;
  const pattern = body === '' ? '' : clean(body).replace(/^\/(?=.)/, '');
  return compileRule(text, clean(trimSpace(negated ? `!${pattern}` : pattern)), span);
}

function compileRule(text: string, cleaned: string, span: Span | undefined): CompiledRule {
  const negated = cleaned.startsWith('!');
  const pattern = negated ? cleaned.slice(1) : cleaned;
  if (pattern === '') {
    throw new BuildError('E_IGNORE_PATTERN', 'a lone "!" excludes nothing', { span });
  }
  try {
    return { text, negated, span, pattern, test: compilePathPattern(pattern) };
  } catch (error) {
    if (!isBuildError(error)) throw error;
    const { code, message, hint } = error;
    throw new BuildError(code, message, { hint, span, cause: error });
  }
}

function rulesOf(rules: readonly CompiledRule[]): IgnoreRules {
  if (rules.length === 0) return NO_RULES;
  const exceptions = rules.filter(({ negated }) => negated).map(({ pattern }) => pattern);
  const anywhere = exceptions.some((pattern) => /[*?[\]\\^]/.test(pattern));
  const matchesOf = matcher(rules);
  return {
    ignores: (path) => lastOf(rules, matchesOf(path))?.negated === false,
    prunes: (path) => !anywhere && !exceptions.some((pattern) => pattern.startsWith(`${path}/`)),
    applied: (path) => {
      const matches = matchesOf(path);
      return rules.filter((_, index) => matches[index]);
    },
    all: rules,
  };
}

function lastOf(rules: readonly CompiledRule[], matches: Matches): CompiledRule | undefined {
  return rules[matches.lastIndexOf(true)];
}

/** For each rule, whether it applies to a path: by itself, or because it applies to the directory. */
type Matches = readonly boolean[];

/**
 * Returns a function from a path to its matches. As in the reference, a rule that would not change
 * what the rules before it say is not asked, and so does not cover what is in the directory either.
 */
function matcher(rules: readonly CompiledRule[]): (path: string) => Matches {
  const directories = new Map<string, Matches>();
  const none = rules.map(() => false);
  const match = (path: string, above: Matches): Matches => {
    let ignored = false;
    return rules.map(({ negated, test }, index) => {
      const applies = above[index] === true || (negated === ignored && test(path));
      if (applies) ignored = !negated;
      return applies;
    });
  };
  const directory = (path: string): Matches => {
    const known = directories.get(path);
    if (known !== undefined) return known;
    const made = match(path, above(path));
    directories.set(path, made);
    return made;
  };
  const above = (path: string): Matches => {
    const slash = path.lastIndexOf('/');
    return slash === -1 ? none : directory(path.slice(0, slash));
  };
  return (path) => match(path, above(path));
}

/** Go's filepath.Clean. */
function clean(path: string): string {
  return posix.normalize(path).replace(/(.)\/+$/, '$1');
}

/** Go's strings.TrimSpace: JavaScript's own takes a byte order mark, and leaves U+0085. */
function trimSpace(text: string): string {
  return text.replace(/^[\p{White_Space}]+|[\p{White_Space}]+$/gu, '');
}
