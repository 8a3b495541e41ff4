// Fixes until nothing that can be fixed is left: what one fix kept from being made is made in the next round.

import type { SourceText } from '../../core/source.ts';
import { applyFixes } from './apply-fixes.ts';
import { type LintOptions, type LintResult, lint } from './lint.ts';
import type { Finding } from './rule.ts';

/** Rules that undo each other's work must not keep a program going. */
const MOST_ROUNDS = 10;

export interface FixedDockerfile {
  readonly source: SourceText;
  /** What was fixed, each at its place at that time. */
  readonly applied: readonly Finding[];
  /** What lint says of the new text. */
  readonly result: LintResult;
}

/** Lints and fixes a Dockerfile that can be built; one with errors is left as it is. Throws as `lint`. */
export function fixAll(source: SourceText, options: LintOptions): FixedDockerfile {
  const applied: Finding[] = [];
  let fixed = source;
  let result = lint(source, options);
  for (let round = 0; round < MOST_ROUNDS && result.errors.length === 0; round++) {
    const { text, applied: now } = applyFixes(fixed, result.findings);
    if (now.length === 0) break;
    applied.push(...now);
    fixed = { ...source, text };
    result = lint(fixed, options);
  }
  return { source: fixed, applied, result };
}
