// Randomness that can be had again: every random test prints its seed and takes it back from
// SLIPWAY_TEST_SEED.

export interface SeededRandom {
  readonly seed: number;
  /** In [0, 1). */
  next(): number;
  int(below: number): number;
}

/** A reproducible source of numbers, from a seed that it prints. */
export function seededRandom(test: string): SeededRandom {
  const given = process.env['SLIPWAY_TEST_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given) >>> 0;
  process.stderr.write(`${test}: SLIPWAY_TEST_SEED=${seed}\n`);
  return randomFrom(seed);
}

/** The numbers of a seed (mulberry32). */
export function randomFrom(seed: number): SeededRandom {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { seed, next, int: (below) => Math.floor(next() * below) };
}
