// What proves that the differential test would find a wrong reuse: records are made to forget a rule.

import { expect, test } from 'vitest';
import { seededRandom } from '../support/seed.ts';
import type { Rule } from './forget.ts';
import { checkWorlds } from './worlds.ts';

/** Those that random steps soon need; of the others the adversaries tell. */
const FORGOTTEN: readonly Rule[] = ['listings', 'absences', 'contents'];

test.for(FORGOTTEN)('it would find records that forget a rule: %s', async (rule, context) => {
  const random = seededRandom(`soundness without ${rule}`);
  const { built, different } = await checkWorlds(context, { random, count: 100, rule });
  process.stderr.write(`without ${rule}: found after ${built.pairs} pairs\n`);
  expect(different).toContain('reuse made another tree');
});
