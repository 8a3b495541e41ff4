// ConsistentInstructionCasing: keywords in one case, that of most of them. ARGs above the first FROM do not count.

import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const consistentInstructionCasing: Rule = {
  name: 'ConsistentInstructionCasing',
  description: 'All keywords are in the same case, upper or lower',
  url: referencePage('consistent-instruction-casing'),
  experimental: false,
  *check({ ast: { instructions }, isWhole }) {
    if (!isWhole) return;
    const first = instructions.findIndex(({ kind }) => kind === 'from');
    const counted = first === -1 ? [] : instructions.slice(first);
    const words = counted.map(({ keyword }) => keyword.text);
    const lower = words.filter((word) => word === word.toLowerCase()).length;
    const upper = words.filter((word) => word === word.toUpperCase()).length;
    const wanted = lower > upper ? 'lower' : 'upper';
    for (const at of counted) {
      const { text, span } = at.keyword;
      const right = wanted === 'lower' ? text.toLowerCase() : text.toUpperCase();
      if (text === right) continue;
      const message = `${text} should be in ${wanted} case, as most keywords are: ${right}`;
      yield { at, message, span, fix: [{ span, text: right }] };
    }
  },
};
