// "Did you mean" within limits: each costs a walk over all that is known, and a hostile Dockerfile has
// ten thousand slips beside ten thousand names. Whoever has more slips than this mends some first.

import { suggest } from '../../core/suggest.ts';

const MOST = 20;

/** Returns `suggest`, which has nothing to say any more after a few calls. */
export function fewSuggestions(): typeof suggest {
  let calls = 0;
  return (word, candidates) => (calls++ < MOST ? suggest(word, candidates) : undefined);
}
