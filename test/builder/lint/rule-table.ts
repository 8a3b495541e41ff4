// Tables of Dockerfiles and of what a rule says to them.

import { describe, expect, it } from 'vitest';
import type { LintOptions } from '../../../builder/lint/lint.ts';
import { type Bases, found } from './found.ts';

export interface Case {
  readonly is: string;
  readonly text: readonly string[];
  /** All findings, in order: `RULE:LINE`, or a line alone for the rule that the table is about. */
  readonly finds?: readonly (string | number)[];
  readonly options?: LintOptions;
  readonly bases?: Bases;
}

/** Makes a test of each case. */
export function table(rule: string, cases: readonly Case[]): void {
  describe(rule, () => {
    it.each(cases)('$is', ({ text, finds = [], options, bases }) => {
      const wanted = finds.map((each) => (typeof each === 'number' ? `${rule}:${each}` : each));
      expect(found(text.join('\n'), options, bases)).toEqual(wanted);
    });
  });
}

/** Options with these build arguments. */
export function buildArgs(values: Record<string, string>): LintOptions {
  return { buildArgs: new Map(Object.entries(values)) };
}
