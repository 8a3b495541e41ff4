// Many random inputs, one after the other: what `scripts/fuzz-grammar.mjs` runs, and a test with a small
// count. Every input follows from the seed and its number alone.

import { expand } from '../../../builder/plan/expand/expand.ts';
import { isBuildError } from '../../../core/errors.ts';
import { checkInput } from './check-input.ts';
import { generateDockerfile } from './generate.ts';
import { mutate } from './mutate.ts';
import { once, type Random } from './random.ts';
import { generateWord, VARIABLES } from './word.ts';

export interface Figures {
  readonly planned: number;
  readonly refused: number;
  readonly words: number;
  /** Milliseconds for each KiB of the slowest input (shorter ones count as 1 KiB), and that input. */
  readonly slowest: { readonly perKiB: number; readonly input: string };
}

/** Runs `count` inputs. Throws an Error that holds the input where one does not end as it must. */
export function runCampaign(count: number, seed: number, report?: (done: number) => void): Figures {
  const figures = { planned: 0, refused: 0, words: 0, slowest: { perKiB: 0, input: '' } };
  for (let i = 0; i < count; i++) {
    const random = randomOf(seed, i);
    const isWord = once(random, 4);
    const input = isWord ? word(random) : dockerfile(random);
    const check = isWord ? () => checkWord(input, random) : () => checkInput(input);
    try {
      const [outcome, ms] = timed(check);
      figures[outcome]++;
      const perKiB = ms / Math.max(1, Buffer.byteLength(input) / 1024);
      if (perKiB > figures.slowest.perKiB) {
        // A pause of the machine is not the input's fault: it has to be slow again.
        const again = Math.min(...[1, 2, 3].map(() => timed(check)[1])) * (perKiB / ms);
        if (again > figures.slowest.perKiB) figures.slowest = { perKiB: again, input };
      }
    } catch (error) {
      throw new Error(`input ${i} of seed ${seed}: ${JSON.stringify(input)}`, { cause: error });
    }
    if ((i + 1) % 10_000 === 0) report?.(i + 1);
  }
  return figures;
}

function dockerfile(random: Random): string {
  const text = generateDockerfile(random);
  return once(random, 3) ? text : mutate(text, random);
}

function word(random: Random): string {
  const text = generateWord(random);
  return once(random, 3) ? mutate(text, random) : text;
}

function checkWord(text: string, random: Random): 'words' {
  const span = { source: { name: 'word', text }, start: 0, end: text.length };
  const options = { escape: once(random, 4) ? '`' : '\\', keepUnset: once(random, 3) } as const;
  try {
    expand({ text, span }, VARIABLES, options);
  } catch (error) {
    if (!isBuildError(error)) throw error;
    const place = error.span;
    if (!place || place.start < 0 || place.end > text.length) throw new Error('no place');
  }
  return 'words';
}

function timed<T>(work: () => T): [T, number] {
  const start = performance.now();
  const result = work();
  return [result, performance.now() - start];
}

/** mulberry32 from a mix of seed and number. */
function randomOf(seed: number, number: number): Random {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(number, 0xc2b2ae35)) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, int: (below) => Math.floor(next() * below) };
}
