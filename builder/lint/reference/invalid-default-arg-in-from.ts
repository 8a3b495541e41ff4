// InvalidDefaultArgInFrom: without --build-arg the name of the base is none, so that nobody can just build.

import { parseReference } from '../../../image/reference.ts';
import { expandInFrom } from '../global-scope.ts';
import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';
import { unlessBuildError } from '../unless-build-error.ts';

export const invalidDefaultArgInFrom: Rule = {
  name: 'InvalidDefaultArgInFrom',
  description: 'The base is an image name with the defaults of all arguments',
  url: referencePage('invalid-default-arg-in-from'),
  experimental: false,
  *check({ stages, scope }) {
    if (scope === undefined) return;
    for (const { from } of stages) {
      const expanded = expandInFrom(from.image, scope, 'defaults');
      if (expanded === undefined) return;
      if (unlessBuildError(() => parseReference(expanded.text)) !== undefined) continue;
      const name = expanded.text === '' ? 'empty' : `${expanded.text}, which is no image name`;
      const message = `with the defaults of its arguments, the base ${from.image.text} is ${name}`;
      yield { at: from.node, message, span: from.image.span };
    }
  },
};
