// How much longer than the Dockerfile its expanded words become, all together. `ENV A=$A$A` doubles a
// value with a few characters, and every instruction may use it: without a limit, a small file fills
// the memory.

import { BuildError } from '../../../core/errors.ts';
import type { Word } from '../../../grammar/ast.ts';

/** Characters. A kernel takes some two million as the environment of a program. */
const LIMIT = 32 * 1024 * 1024;

export class Growth {
  #characters = 0;

  /** Counts a word that became `text`. Throws E_EXPANSION where that is too much in all. */
  add({ text: before, span }: Word, text: string): void {
    this.#characters += Math.max(0, text.length - before.length);
    if (this.#characters <= LIMIT) return;
    throw new BuildError('E_EXPANSION', 'the words of the Dockerfile become too long', {
      span,
      hint: 'A variable with a long value is used again and again.',
    });
  }
}
