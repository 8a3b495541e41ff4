// Tables for slipway's own rules, each looked at alone and whether it is experimental or not.

import { describe, expect, it } from 'vitest';
import { OWN_RULES } from '../../../../builder/lint/own-rules.ts';
import { found } from '../found.ts';

/** A Dockerfile, and the lines that the rule finds something on. */
export type OwnCase = readonly [is: string, text: string, ...lines: number[]];

/** Makes a test of each case. */
export function ownTable(name: string, cases: readonly OwnCase[]): void {
  describe(name, () => {
    for (const [is, text, ...lines] of cases) {
      it(is, () => {
        expect(foundBy(name, text)).toEqual(lines.map((line) => `${name}:${line}`));
      });
    }
  });
}

/** `RULE:LINE` of what the rule finds. */
export function foundBy(name: string, text: string): string[] {
  const rules = OWN_RULES.filter((rule) => rule.name === name);
  return found(text, { rules: rules.map((rule) => ({ ...rule, experimental: false })) });
}
