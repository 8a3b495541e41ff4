// InvalidDefinitionDescription: the comment above FROM ... AS and ARG describes it where it starts with its name.

import type { Instruction } from '../../../grammar/ast.ts';
import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';
import { isCheckComment } from '../settings.ts';

export const invalidDefinitionDescription: Rule = {
  name: 'InvalidDefinitionDescription',
  description: 'A comment above a stage or ARG starts with its name, so that outlines can show it',
  url: referencePage('invalid-definition-description'),
  experimental: true,
  *check({ ast }) {
    for (const at of ast.instructions) {
      const names = namesOf(at);
      const comment = at.comments.filter((each) => !isCheckComment(each)).at(-1);
      if (names.length === 0 || comment === undefined) continue;
      if (names.includes(comment.text.split(' ', 1)[0] ?? '')) continue;
      const shown = names.length === 1 ? names[0] : 'NAME';
      const message = `a comment above ${at.kind.toUpperCase()} should read: # ${shown} DESCRIPTION; put an empty # between where it is none`;
      yield { at, message, span: comment.span };
    }
  },
};

/** What the instruction defines. */
function namesOf(node: Instruction): readonly string[] {
  if (node.kind === 'arg') return node.declarations.map(({ name }) => name.text);
  if (node.kind !== 'from' || node.as === undefined) return [];
  return [node.as.name.text.toLowerCase()];
}
