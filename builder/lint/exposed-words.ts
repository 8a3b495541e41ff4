// The words of EXPOSE after expansion: one that is written may become several.

import type { Word } from '../../grammar/ast.ts';
import type { CommandTrace, StageTrace } from './trace.ts';

export interface ExposedWord extends Pick<CommandTrace, 'at' | 'place'> {
  readonly word: Word;
  readonly text: string;
  /** True where it is in this Dockerfile as it is, so that an edit of it says what it seems to say. */
  readonly isWritten: boolean;
}

/** Yields the words of every EXPOSE. */
export function* exposedWords(traces: readonly StageTrace[]): Iterable<ExposedWord> {
  for (const { typed, words, at, place, triggered } of traces.flatMap(({ commands }) => commands)) {
    if (typed.node.kind !== 'expose') continue;
    for (const { word, expansion } of words) {
      for (const text of expansion.words) {
        yield { at, place, word, text, isWritten: !triggered && text === word.text };
      }
    }
  }
}
