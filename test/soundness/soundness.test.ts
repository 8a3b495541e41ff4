// The differential test: after every edit, a build with reuse makes the tree that a build without any makes.

import { expect, test } from 'vitest';
import { seededRandom } from '../support/seed.ts';
import { soundnessWay } from './way.ts';
import { checkWorlds } from './worlds.ts';

const WORLDS = Number(process.env['SLIPWAY_SOUNDNESS_WORLDS'] ?? 80);
const WAY = soundnessWay();

test('a build with reuse makes what a build without any makes', {
  timeout: 4 * 3_600_000,
}, async (context) => {
  const started = performance.now();
  const { built, different } = await checkWorlds(context, {
    random: seededRandom('soundness'),
    count: WORLDS,
    way: WAY === 'usual' ? undefined : WAY,
  });
  const rate = built.pairs / ((performance.now() - started) / 1000);
  process.stderr.write(
    `soundness: ${built.pairs} pairs, ${rate.toFixed(1)} a second; of ${built.steps} RUNs ${built.traced} traced, ${built.exact} exact, ${built.ran} run\n`,
  );
  expect(different).toBeUndefined();
  // Reuse that never happens would be sound too.
  expect(built.traced / built.steps).toBeGreaterThan(0.2);
});
