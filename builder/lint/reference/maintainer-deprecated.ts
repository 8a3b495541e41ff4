// MaintainerDeprecated: a label says the same, and tools read it.

import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const maintainerDeprecated: Rule = {
  name: 'MaintainerDeprecated',
  description: 'MAINTAINER is deprecated; a label names the author',
  url: referencePage('maintainer-deprecated'),
  experimental: false,
  *check({ ast }) {
    for (const at of ast.instructions) {
      if (at.kind !== 'maintainer') continue;
      const message = 'MAINTAINER is deprecated; use LABEL org.opencontainers.image.authors=...';
      yield { at, message, span: at.keyword.span };
    }
  },
};
