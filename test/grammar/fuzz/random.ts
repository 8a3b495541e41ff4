// What the generator and the mutator need of a source of randomness.

export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number from 0 to below `below`. */
  int(below: number): number;
}

export function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[random.int(items.length)] ?? items[0];
}

/** True once in `times`. */
export function once(random: Random, times: number): boolean {
  return random.int(times) === 0;
}
