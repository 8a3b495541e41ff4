// The way in which the steps of the adversaries are run and observed: SLIPWAY_SOUNDNESS_WAY, which the projects of
// vitest.config.ts set.

const WAYS = ['usual', 'chroot'] as const;

export type Way = (typeof WAYS)[number];

export function soundnessWay(): Way {
  const name = process.env['SLIPWAY_SOUNDNESS_WAY'] ?? 'usual';
  const way = WAYS.find((known) => known === name);
  if (way === undefined) throw new Error(`SLIPWAY_SOUNDNESS_WAY=${name} is none of ${WAYS}`);
  return way;
}
