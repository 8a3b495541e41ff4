// UndefinedArgInFrom: FROM sees only the ARGs above the first FROM, and those that the platform gives.

import { fewSuggestions } from '../few-suggestions.ts';
import { expandInFrom } from '../global-scope.ts';
import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const undefinedArgInFrom: Rule = {
  name: 'UndefinedArgInFrom',
  description: 'FROM uses only arguments that are declared above the first FROM',
  url: referencePage('undefined-arg-in-from'),
  experimental: false,
  *check({ stages, scope }) {
    if (scope === undefined) return;
    const suggest = fewSuggestions();
    for (const { from } of stages) {
      for (const word of from.platform ? [from.image, from.platform] : [from.image]) {
        for (const name of expandInFrom(word, scope)?.unmatched ?? []) {
          if (scope.names.has(name)) continue;
          const near = suggest(name, scope.names);
          const hint = near === undefined ? '' : `; did you mean ${near}?`;
          const message = `FROM uses ${name}, which no ARG above the first FROM declares${hint}`;
          yield { at: from.node, message, span: word.span };
        }
      }
    }
  },
};
