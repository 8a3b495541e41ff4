// RedundantTargetPlatform: the platform of a base is the target's by itself.

import type { FromInstruction } from '../../../grammar/ast.ts';
import { expandInFrom } from '../global-scope.ts';
import { referencePage } from '../reference-page.ts';
import type { Edit, Rule } from '../rule.ts';

const TARGET = 'TARGETPLATFORM';

export const redundantTargetPlatform: Rule = {
  name: 'RedundantTargetPlatform',
  description: 'FROM does not name the target platform, which it takes by itself',
  url: referencePage('redundant-target-platform'),
  experimental: false,
  *check({ stages, scope }) {
    if (scope === undefined) return;
    for (const { from } of stages) {
      const expanded = from.platform && expandInFrom(from.platform, scope);
      if (from.platform === undefined || expanded === undefined) continue;
      const { text, matched, unmatched } = expanded;
      if (unmatched.size > 0 || matched.size !== 1 || !matched.has(TARGET)) continue;
      if (text !== scope.values.get(TARGET)) continue;
      const message = `--platform=${from.platform.text} is what FROM takes by itself`;
      yield { at: from.node, message, span: from.platform.span, fix: withoutFlags(from.node) };
    }
  },
};

/** Takes the flag and the white space after it away: it is the only one that FROM has. */
function withoutFlags({ flags: [flag, ...others], image }: FromInstruction): readonly Edit[] {
  if (flag === undefined || others.length > 0) return [];
  const { source, start } = flag.span;
  const gap = source.text.slice(flag.span.end, image.span.start);
  return /^[ \t]+$/.test(gap) ? [{ span: { source, start, end: image.span.start }, text: '' }] : [];
}
