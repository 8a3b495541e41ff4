// A name that is no stage is looked for in a registry: a slip in the name of a stage ends in an error that
// speaks of images, or, worse, in somebody's image of that name.

import { suggest } from '../../../core/suggest.ts';
import type { Word } from '../../../grammar/ast.ts';
import { fromsOf } from '../../plan/stages/reach.ts';
import type { Rule } from '../rule.ts';

/** A stage's name and nothing else: an image's has a slash, a tag or a digest more often than not. */
const PLAIN_NAME = /^[a-z][a-z0-9._-]+$/i;

/** Of a file with more stages the nearest ones are compared, so that the time stays linear. */
const MOST_NAMES = 200;

export const misspelledStage: Rule = {
  name: 'MisspelledStage',
  description: 'A name that is nearly that of a stage is that of the stage',
  url: undefined,
  experimental: false,
  *check({ traces }) {
    const names = new Set<string>();
    const nearest: string[] = [];
    for (const { stage, base, commands } of traces) {
      const { from } = stage;
      if (base.origin.kind === 'image') {
        const near = slipOf(from.image, names, nearest);
        if (near !== undefined)
          yield { at: from.node, span: from.image.span, message: message(from.image, near) };
      }
      for (const { typed, triggered } of commands) {
        if (triggered) continue;
        for (const [word] of fromsOf(typed)) {
          const near = slipOf(word, names, nearest);
          if (near !== undefined)
            yield { at: typed.node, span: word.span, message: message(word, near) };
        }
      }
      if (from.name === undefined) continue;
      names.add(from.name);
      nearest.push(from.name);
      if (nearest.length > MOST_NAMES) nearest.shift();
    }
  },
};

function slipOf(
  { text }: Word,
  names: ReadonlySet<string>,
  nearest: readonly string[],
): string | undefined {
  const name = text.toLowerCase();
  if (!PLAIN_NAME.test(name) || names.has(name)) return undefined;
  // `redis` beside a stage redis2 means the image.
  const others = nearest.filter((other) => !other.startsWith(name) && !name.startsWith(other));
  return suggest(name, others);
}

function message({ text }: Word, near: string): string {
  return `${text} is no stage, so it is an image from a registry; did you mean ${near}?`;
}
