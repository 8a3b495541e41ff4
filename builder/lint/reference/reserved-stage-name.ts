// ReservedStageName: a stage with a name that means something else cannot be referred to.

import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

const RESERVED = ['scratch', 'context'];

export const reservedStageName: Rule = {
  name: 'ReservedStageName',
  description: 'No stage has the name scratch or context',
  url: referencePage('reserved-stage-name'),
  experimental: false,
  *check({ ast }) {
    for (const at of ast.instructions) {
      if (at.kind !== 'from' || at.as === undefined) continue;
      const { text, span } = at.as.name;
      const name = text.toLowerCase();
      if (!RESERVED.includes(name)) continue;
      yield { at, message: `the stage name ${name} has a meaning of its own`, span };
    }
  },
};
