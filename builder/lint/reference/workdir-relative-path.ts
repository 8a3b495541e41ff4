// WorkdirRelativePath: where a relative WORKDIR leads is the base's choice, unless an absolute one stands before.

import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const workdirRelativePath: Rule = {
  name: 'WorkdirRelativePath',
  description: 'The first WORKDIR of a stage is absolute',
  url: referencePage('workdir-relative-path'),
  experimental: false,
  *check({ traces }) {
    const set = new Set<number>();
    for (const trace of traces) {
      const { origin } = trace.base;
      let isSet = origin.kind === 'stage' && set.has(origin.index);
      for (const { typed, words, afterGap, at, place } of trace.commands) {
        const [first] = words;
        if (typed.node.kind !== 'workdir' || first === undefined) continue;
        const { text } = first.expansion;
        if (!isSet && !afterGap && !text.startsWith('/')) {
          const message = `WORKDIR ${text} is relative to what the base image says; start with an absolute path`;
          yield { at, message, span: place(first.word.span) };
        }
        isSet = true;
      }
      if (isSet) set.add(trace.stage.index);
    }
  },
};
