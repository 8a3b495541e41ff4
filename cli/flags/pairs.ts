// Flags that are given several times as NAME=value: build arguments, labels, named contexts.

import { BuildError } from '../../core/errors.ts';

/**
 * Returns the pairs in the order given; a later value of a name wins. `bare` says what a word
 * without `=` means (undefined leaves the name out). Throws E_USAGE, naming `flag`.
 */
export function parsePairs(
  words: readonly string[],
  flag: string,
  bare: (name: string) => string | undefined,
): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    if (name === '') {
      throw new BuildError('E_USAGE', `${flag} ${JSON.stringify(word)}: the name is empty`, {
        hint: `${flag} NAME=value`,
      });
    }
    const value = equals === -1 ? bare(name) : word.slice(equals + 1);
    if (value !== undefined) pairs.set(name, value);
  }
  return pairs;
}
