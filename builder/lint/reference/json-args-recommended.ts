// JSONArgsRecommended: in the shell form the shell is the container's first process, and keeps signals to itself.

import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';

export const jsonArgsRecommended: Rule = {
  name: 'JSONArgsRecommended',
  description: 'CMD and ENTRYPOINT are in the JSON form, so that the program gets the signals',
  url: referencePage('json-args-recommended'),
  experimental: false,
  *check({ traces }) {
    for (const { typed, ownShell, afterGap, at, place } of traces.flatMap(
      ({ commands }) => commands,
    )) {
      const { node } = typed;
      if ((node.kind !== 'cmd' && node.kind !== 'entrypoint') || ownShell || afterGap) continue;
      if (node.command.form !== 'shell') continue;
      const name = node.keyword.text.toUpperCase();
      const message = `${name} in the shell form keeps signals from the program; use the form ${name} ["PROGRAM", "ARGUMENT"]`;
      yield { at, message, span: place(node.keyword.span) };
    }
  },
};
