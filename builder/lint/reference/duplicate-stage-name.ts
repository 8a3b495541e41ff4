// DuplicateStageName: which of the stages with a name is meant changes with the place in the file.

import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const duplicateStageName: Rule = {
  name: 'DuplicateStageName',
  description: 'Names of stages are unique',
  url: referencePage('duplicate-stage-name'),
  experimental: false,
  *check({ ast }) {
    const seen = new Set<string>();
    for (const at of ast.instructions) {
      if (at.kind !== 'from' || at.as === undefined) continue;
      const { text, span } = at.as.name;
      const name = text.toLowerCase();
      if (seen.has(name)) {
        yield { at, message: `an earlier stage has the name ${name} too`, span };
      }
      seen.add(name);
    }
  },
};
