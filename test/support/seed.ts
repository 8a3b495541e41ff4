// Randomness that can be had again: every random test prints its seed and takes it back from
// SLIPWAY_TEST_SEED.

/** A reproducible source of numbers in [0, 1) (mulberry32), and the seed that it started from. */
export function seededRandom(test: string): {
  readonly seed: number;
  next(): number;
  int(below: number): number;
} {
  const given = process.env['SLIPWAY_TEST_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given) >>> 0;
  process.stderr.write(`${test}: SLIPWAY_TEST_SEED=${seed}\n`);
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
