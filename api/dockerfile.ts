// `slipway/dockerfile`: the parser and the linter for other programs, editors among them. Importing it does
// nothing: it reads no file, starts nothing, and keeps no state between calls. What is exported here is the
// package's promise; everything else in the package may change.

import { type FixedDockerfile, fixAll } from '../builder/lint/fix-all.ts';
import { type LintOptions, type LintResult, lint as lintSource } from '../builder/lint/lint.ts';
import { RULES } from '../builder/lint/rules.ts';
import { positionAt, type SourceText } from '../core/source.ts';
import { type ParseResult, parseWithErrors } from '../grammar/parse.ts';

export type { Lines } from '../builder/describe/instruction-lines.ts';
export type { Edit, Finding, Rule } from '../builder/lint/rule.ts';
export type { ErrorCode } from '../core/error-codes.ts';
export type { BuildError } from '../core/errors.ts';
export type { Position, Span } from '../core/source.ts';
export type * from '../grammar/ast.ts';
export type { FixedDockerfile, LintOptions, LintResult, ParseResult, SourceText };
export { positionAt, RULES };

/** What the text is called in places: `Dockerfile` by default. */
export interface Named {
  readonly name?: string;
}

/**
 * Parses the text of a Dockerfile. Never throws: what can be read is in `ast`, what is wrong in `errors`, each
 * with its place. Offsets in spans are UTF-16 code units of `text`; `positionAt` makes lines and columns of them.
 */
export function parse(text: string, options: Named = {}): ParseResult {
  return parseWithErrors(sourceOf(text, options));
}

/**
 * Lints the text of a Dockerfile. Looks up no file and no image: give it the ignore file and the configs of base
 * images that you have. Throws only where the build argument BUILDKIT_DOCKERFILE_CHECK is malformed.
 */
export function lint(text: string, options: LintOptions & Named = {}): LintResult {
  return lintSource(sourceOf(text, options), options);
}

/** Lints, and makes every fix that is safe; a text with errors is left as it is. Throws as `lint`. */
export function fix(text: string, options: LintOptions & Named = {}): FixedDockerfile {
  return fixAll(sourceOf(text, options), options);
}

function sourceOf(text: string, { name = 'Dockerfile' }: Named): SourceText {
  return { name, text };
}
