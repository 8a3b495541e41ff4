// The differential test: after every edit, a build with reuse makes the tree that a build without any makes. Worlds are
// independent of each other: SLIPWAY_TEST_SEED with a world's own seed and SLIPWAY_SOUNDNESS_WORLDS=1 repeats that world.

import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { requires, requiresPrograms } from '../support/requires.ts';
import { type SeededRandom, seededRandom } from '../support/seed.ts';
import { tmpDir } from '../support/tmp.ts';
import type { Rule } from './forget.ts';
import { makeTools } from './project.ts';
import { type Count, checkWorld } from './world.ts';

const WORLDS = Number(process.env['SLIPWAY_SOUNDNESS_WORLDS'] ?? 84);
/** Worlds that are built at once: builds wait for their steps most of the time. */
const AT_ONCE = 3;

test('a build with reuse makes what a build without any makes', {
  timeout: 4 * 3_600_000,
}, async (context) => {
  const random = seededRandom('soundness');
  const count = newCount();
  const started = performance.now();
  const different = await checkWorlds(context, seeds(random, WORLDS), count);
  const rate = count.pairs / ((performance.now() - started) / 1000);
  process.stderr.write(
    `soundness: ${count.pairs} pairs, ${rate.toFixed(1)} a second; of ${count.steps} RUNs ${count.traced} traced, ${count.exact} exact, ${count.ran} run\n`,
  );
  expect(different).toBeUndefined();
  // Reuse that never happens would be sound too.
  expect(count.traced / count.steps).toBeGreaterThan(0.2);
});

/** Those that random steps soon need; of the others the adversaries tell. */
const FORGOTTEN: readonly Rule[] = ['listings', 'absences', 'links', 'contents'];

test.for(FORGOTTEN)('it would find records that forget a rule: %s', async (rule, context) => {
  const random = seededRandom(`soundness without ${rule}`);
  const count = newCount();
  const different = await checkWorlds(context, seeds(random, 100), count, rule);
  process.stderr.write(`without ${rule}: found after ${count.pairs} pairs\n`);
  expect(different).toContain('reuse made another tree');
});

function newCount(): Count {
  return { pairs: 0, steps: 0, ran: 0, traced: 0, exact: 0 };
}

/** The first is the printed seed itself, so that a world can be had again by its own. */
function seeds(random: SeededRandom, worlds: number): number[] {
  return Array.from({ length: worlds }, (_, at) => (at === 0 ? random.seed : random.int(2 ** 32)));
}

/** Returns what is different in the first world in which something is. */
async function checkWorlds(
  context: TestContext,
  seeds: number[],
  count: Count,
  rule?: Rule,
): Promise<string | undefined> {
  requiresPrograms(context, 'busybox', 'ldd');
  requires(context, process.getuid?.() === 0, 'root');
  const root = tmpDir();
  makeTools(join(root, 'tools'));
  let different: string | undefined;
  const work = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const found = await checkWorld(root, seed, count, rule);
      if (different !== undefined) return;
      different = found;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return different;
}
