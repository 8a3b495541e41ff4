// UndefinedVar: a variable that is neither set nor declared becomes nothing at all.

import { isVariable } from '../../plan/apply/apply-arg.ts';
import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const undefinedVar: Rule = {
  name: 'UndefinedVar',
  description: 'Variables are set or declared before they are used',
  url: referencePage('undefined-var'),
  experimental: false,
  *check({ traces }) {
    for (const { typed, unset, at, place } of traces.flatMap(({ commands }) => commands)) {
      if (typed.node.kind === 'expose') continue;
      for (const { name, word, near } of unset) {
        if (!isVariable(name)) continue;
        const hint = near === undefined ? '' : `; did you mean $${near}?`;
        yield { at, message: `$${name} is not defined here${hint}`, span: place(word.span) };
      }
    }
  },
};
