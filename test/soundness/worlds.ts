// Random worlds, checked one after another until one is different. Worlds are independent of each other: SLIPWAY_TEST_SEED
// with a world's own seed and SLIPWAY_SOUNDNESS_WORLDS=1 repeats that world.

import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { requires, requiresPrograms } from '../support/requires.ts';
import type { SeededRandom } from '../support/seed.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tmpDir } from '../support/tmp.ts';
import type { Rule } from './forget.ts';
import { makeTools } from './project.ts';
import type { Way } from './way.ts';
import { type Count, checkWorld } from './world.ts';

/** Worlds that are built at once: builds wait for their steps most of the time. */
const AT_ONCE = 3;

/** One of so many worlds is on the disk of temporaries; the others are in memory, where no commit of a store waits. */
const ON_DISK = 8;

export interface Worlds {
  readonly random: SeededRandom;
  /** How many at most. */
  readonly count: number;
  /** What records forget. */
  readonly rule?: Rule;
  /** How all steps are run. */
  readonly way?: Way | undefined;
}

/** Returns what was built, and what is different in the first world in which something is. */
export async function checkWorlds(
  context: TestContext,
  { random, count, rule, way }: Worlds,
): Promise<{ readonly built: Count; readonly different: string | undefined }> {
  requiresPrograms(context, 'busybox', 'ldd');
  requires(context, process.getuid?.() === 0, 'root');
  const roots = { memory: smallDisk(context, '1g').path, disk: tmpDir() };
  for (const root of Object.values(roots)) makeTools(join(root, 'tools'));
  const seeds = seedsOf(random, count);
  const built = { pairs: 0, steps: 0, ran: 0, traced: 0, exact: 0 };
  let different: string | undefined;
  const work = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const root = seed % ON_DISK === 1 ? roots.disk : roots.memory;
      const found = await checkWorld(root, seed, { count: built, rule, way });
      if (different !== undefined) return;
      different = found;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { built, different };
}

/** The first is the printed seed itself, so that a world can be had again by its own. */
function seedsOf(random: SeededRandom, count: number): number[] {
  return Array.from({ length: count }, (_, at) => (at === 0 ? random.seed : random.int(2 ** 32)));
}
