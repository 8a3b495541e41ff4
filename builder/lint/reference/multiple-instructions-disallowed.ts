// MultipleInstructionsDisallowed: of these only the last one of a stage counts.

import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';
import type { CommandTrace } from '../trace.ts';

const ONCE: readonly string[] = ['cmd', 'entrypoint', 'healthcheck'];

export const multipleInstructionsDisallowed: Rule = {
  name: 'MultipleInstructionsDisallowed',
  description: 'A stage has one CMD, one ENTRYPOINT and one HEALTHCHECK at most',
  url: referencePage('multiple-instructions-disallowed'),
  experimental: false,
  *check({ traces }) {
    for (const trace of traces) {
      const last = new Map<string, CommandTrace>();
      for (const command of trace.commands) {
        const { node } = command.typed;
        if (!ONCE.includes(node.kind)) continue;
        const earlier = last.get(node.kind);
        last.set(node.kind, command);
        if (earlier === undefined) continue;
        const message = `this ${node.kind.toUpperCase()} has no effect: another one follows in the stage`;
        const span = earlier.place(earlier.typed.node.keyword.span);
        yield { at: earlier.at, or: command.at, message, span };
      }
    }
  },
};
