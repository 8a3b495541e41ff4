// FromAsCasing: FROM and AS in one line look alike. A FROM of mixed case is ConsistentInstructionCasing's.

import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const fromAsCasing: Rule = {
  name: 'FromAsCasing',
  description: 'The keywords FROM and AS of a line are in the same case',
  url: referencePage('from-as-casing'),
  experimental: false,
  *check({ ast }) {
    for (const at of ast.instructions) {
      if (at.kind !== 'from' || at.as === undefined) continue;
      const { text: from } = at.keyword;
      const { text: as, span } = at.as.keyword;
      if (from !== from.toLowerCase() && from !== from.toUpperCase()) continue;
      const wanted = from === from.toLowerCase() ? as.toLowerCase() : as.toUpperCase();
      if (as === wanted) continue;
      const message = `${as} and ${from} should be in the same case`;
      yield { at, message, span, fix: [{ span, text: wanted }] };
    }
  },
};
