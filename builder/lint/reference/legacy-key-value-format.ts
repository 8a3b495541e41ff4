// LegacyKeyValueFormat: ENV KEY VALUE takes the whole line as one value, which is easily overlooked.

import type { Pair } from '../../../grammar/ast.ts';
import { referencePage } from '../reference-page.ts';
import type { Edit, Rule } from '../rule.ts';

export const legacyKeyValueFormat: Rule = {
  name: 'LegacyKeyValueFormat',
  description: 'ENV and LABEL are written KEY=VALUE',
  url: referencePage('legacy-key-value-format'),
  experimental: false,
  *check({ traces }) {
    for (const { typed, triggered, at, place } of traces.flatMap(({ commands }) => commands)) {
      const { node } = typed;
      if (node.kind !== 'env' && node.kind !== 'label') continue;
      for (const pair of node.pairs) {
        if (pair.form !== 'legacy') continue;
        const name = node.kind.toUpperCase();
        const message = `${name} ${pair.key.text} has no equals sign; write ${name} ${pair.key.text}=...`;
        yield { at, message, span: place(pair.span), fix: triggered ? [] : withEquals(pair) };
      }
    }
  },
};

/** The same pair with an equals sign; none where quotes or escapes would have to be read anew, or lines joined. */
function withEquals({ key, value, span }: Pair): readonly Edit[] {
  const { source, start, end } = value.span;
  if (source.text.slice(start, end) !== value.text || /["'`\\\n]/.test(key.text + value.text)) {
    return [];
  }
  const text = /\s/.test(value.text) ? `"${value.text}"` : value.text;
  return [{ span, text: `${key.text}=${text}` }];
}
