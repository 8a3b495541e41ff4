// ExposeInvalidFormat: an image can tell ports, not where they are published.

import { exposedWords } from '../exposed-words.ts';
import { portParts } from '../port-parts.ts';
import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const exposeInvalidFormat: Rule = {
  name: 'ExposeInvalidFormat',
  description: 'EXPOSE names ports of the container, without address and host port',
  url: referencePage('expose-invalid-format'),
  experimental: false,
  *check({ traces }) {
    for (const { at, place, word, text, isWritten } of exposedWords(traces)) {
      const { published } = portParts(text);
      if (published === '') continue;
      const right = text.slice(text.lastIndexOf(':') + 1);
      const message = `EXPOSE ${text}: an address or host port has no effect here; write ${right}`;
      const span = place(word.span);
      yield { at, message, span, fix: isWritten ? [{ span, text: right }] : [] };
    }
  },
};
