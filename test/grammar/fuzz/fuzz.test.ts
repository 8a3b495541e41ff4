// A few thousand random Dockerfiles and words, each time others. `node scripts/fuzz-grammar.mjs` runs as
// many as one likes.

import { expect, it } from 'vitest';
import { seededRandom } from '../../support/seed.ts';
import { runCampaign } from './campaign.ts';

it('any text is planned, or refused with errors that have their places', {
  timeout: 60_000,
}, () => {
  const { seed } = seededRandom('grammar fuzz');
  const { planned, refused, words, slowest } = runCampaign(6000, seed);
  expect(planned).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(100);
  expect(words).toBeGreaterThan(100);
  expect(slowest.perKiB, slowest.input).toBeLessThan(100);
});
