// StageNameCasing: names of stages are compared without regard to case, so one case for all is clearer.

import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const stageNameCasing: Rule = {
  name: 'StageNameCasing',
  description: 'Names of stages are in lower case',
  url: referencePage('stage-name-casing'),
  experimental: false,
  *check({ ast }) {
    for (const at of ast.instructions) {
      if (at.kind !== 'from' || at.as === undefined) continue;
      const { text, span } = at.as.name;
      const lower = text.toLowerCase();
      if (text === lower) continue;
      const message = `the stage name ${text} should be in lower case: ${lower}`;
      yield { at, message, span, fix: [{ span, text: lower }] };
    }
  },
};
