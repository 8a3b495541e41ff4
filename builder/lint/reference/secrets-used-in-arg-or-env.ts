// SecretsUsedInArgOrEnv: what ARG and ENV hold is in the image or its history for everybody to read.

import type { Span } from '../../../core/source.ts';
import type { TypedCommand } from '../../plan/instructions/typed.ts';
import { referencePage } from '../reference-page.ts';
import type { Rule } from '../rule.ts';
import type { CommandTrace } from '../trace.ts';

/** A whole word between underscores. */
const SECRET =
  /(?:^|_)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i;

/** Such a word beside it says that there is no secret. */
const HARMLESS = /(?:^|_)(?:public|file|version)(?:_|$)/i;

export const secretsUsedInArgOrEnv: Rule = {
  name: 'SecretsUsedInArgOrEnv',
  description: 'No ARG or ENV is named like a secret',
  url: referencePage('secrets-used-in-arg-or-env'),
  experimental: false,
  *check({ traces }) {
    for (const { typed, words, at, place } of traces.flatMap(({ commands }) => commands)) {
      for (const { name, span } of namesOf(typed, words)) {
        if (!SECRET.test(name) || HARMLESS.test(name)) continue;
        const kind = typed.node.kind.toUpperCase();
        const message = `${kind} ${name} looks like a secret, which would stay in the image; use RUN --mount=type=secret`;
        yield { at, message, span: place(span) };
      }
    }
  },
};

/** The names that ARG declares, or that ENV sets after expansion. */
function namesOf(
  { node }: TypedCommand,
  words: CommandTrace['words'],
): { name: string; span: Span }[] {
  if (node.kind === 'arg') {
    return node.declarations.map(({ name }) => ({ name: name.text, span: name.span }));
  }
  if (node.kind !== 'env') return [];
  const keys = new Set(node.pairs.map(({ key }) => key));
  return words
    .filter(({ word }) => keys.has(word))
    .map(({ word, expansion }) => ({ name: expansion.text, span: word.span }));
}
