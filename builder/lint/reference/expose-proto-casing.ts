// ExposeProtoCasing: protocols are in lower case in the image, so write them so.

import { PROTOCOLS } from '../../plan/instructions/ports.ts';
import { exposedWords } from '../exposed-words.ts';
import { portParts } from '../port-parts.ts';
import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const exposeProtoCasing: Rule = {
  name: 'ExposeProtoCasing',
  description: 'The protocol of EXPOSE is in lower case',
  url: referencePage('expose-proto-casing'),
  experimental: false,
  *check({ traces }) {
    for (const { at, place, word, text, isWritten } of exposedWords(traces)) {
      const { protocol } = portParts(text);
      const lower = protocol.toLowerCase();
      if (protocol === lower || !PROTOCOLS.includes(lower)) continue;
      const right = text.slice(0, -protocol.length) + lower;
      const message = `the protocol of ${text} should be in lower case: ${right}`;
      const span = place(word.span);
      yield { at, message, span, fix: isWritten ? [{ span, text: right }] : [] };
    }
  },
};
