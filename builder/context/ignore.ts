// Ignore rules: which paths of a context no COPY may see. The rules are the reference's
// (.dockerignore): the last rule that matches a path or one of its parents decides, and `!` lets in again.

import { posix } from 'node:path';
import { BuildError } from '../../core/errors.ts';
import type { SourceText } from '../../core/source.ts';
import { compilePathPattern } from './path-pattern.ts';

export interface IgnoreRules {
  /** True where `path` (relative, slash-separated, not '') is kept out. */
  ignores(path: string): boolean;
  /** True where nothing below the ignored directory `path` can be let in again. */
  prunes(path: string): boolean;
}

interface Rule {
  readonly negated: boolean;
  readonly test: RegExp;
}

/** Rules that ignore nothing. */
export const NO_RULES: IgnoreRules = { ignores: () => false, prunes: () => false };

/** Reads the text of an ignore file. Throws E_IGNORE_PATTERN with the line's place. */
export function parseIgnoreFile(source: SourceText): IgnoreRules {
  const patterns: { readonly pattern: string; readonly offset: number }[] = [];
  let offset = 0;
  for (const raw of source.text.split('\n')) {
    const line = offset === 0 ? raw.replace(/^\ufeff/, '') : raw;
    if (!line.startsWith('#') && line.trim() !== '')
      patterns.push({ pattern: line.trim(), offset });
    offset += raw.length + 1;
  }
  return ignoreRules(
    patterns.map(({ pattern }) => pattern),
    (index, message) => {
      const start = patterns[index]?.offset ?? 0;
      const length = source.text.slice(start).split('\n', 1)[0]?.length ?? 0;
      return new BuildError('E_IGNORE_PATTERN', message, {
        span: { source, start, end: start + length },
      });
    },
  );
}

/** Makes rules of patterns in order; `blame` makes the error for the pattern at an index. */
export function ignoreRules(
  patterns: readonly string[],
  blame: (index: number, message: string) => BuildError = (_, message) =>
    new BuildError('E_IGNORE_PATTERN', message),
): IgnoreRules {
  const rules = patterns.flatMap((pattern, index) => compileRule(pattern, index, blame) ?? []);
  if (rules.length === 0) return NO_RULES;
  const letsInAgain = rules.some((rule) => rule.negated);
  return { ignores: (path) => lastMatchDecides(rules, path), prunes: () => !letsInAgain };
}

/** A rule counts as matching a path when it matches the path or any parent of it. */
function lastMatchDecides(rules: readonly Rule[], path: string): boolean {
  let ignored = false;
  for (const rule of rules) {
    if (rule.negated === ignored && anyPrefix(path, (at) => rule.test.test(at))) {
      ignored = !rule.negated;
    }
  }
  return ignored;
}

function anyPrefix(path: string, test: (prefix: string) => boolean): boolean {
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    if (test(path.slice(0, at))) return true;
  }
  return test(path);
}

function compileRule(
  text: string,
  index: number,
  blame: (index: number, message: string) => BuildError,
): Rule | undefined {
  const negated = text.startsWith('!');
  const body = (negated ? text.slice(1) : text).trim();
  if (body === '') throw blame(index, 'a lone "!" excludes nothing');
  const pattern = posix
    .normalize(body)
    .replace(/^\/+/, '')
    .replace(/(.)\/+$/, '$1');
  if (pattern === '' || pattern === '.') return undefined;
  try {
    return { negated, test: compilePathPattern(pattern) };
  } catch (error) {
    throw blame(index, (error as Error).message);
  }
}
