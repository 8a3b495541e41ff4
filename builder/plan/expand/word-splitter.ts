// Expanded text -> words, cut at white space; what was quoted or escaped never ends one.

import { SPACE } from '../../../grammar/lines/space.ts';

const SPACES = new RegExp(`[${SPACE}]+`);

export class WordSplitter {
  readonly #words: string[] = [];
  #word = '';

  /** Text that white space cuts. */
  add(text: string): void {
    const [first = '', ...more] = text.split(SPACES);
    this.#word += first;
    for (const word of more) {
      this.#cut();
      this.#word = word;
    }
  }

  /** Text that stays in one piece. */
  addWhole(text: string): void {
    this.#word += text;
  }

  end(): string[] {
    this.#cut();
    return this.#words;
  }

  #cut(): void {
    if (this.#word !== '') this.#words.push(this.#word);
    this.#word = '';
  }
}
