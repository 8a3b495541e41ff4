// Several mistakes in one Dockerfile: planning tells all that are independent, in the order of the file,
// and none that only follows from another.

import { describe, expect, it } from 'vitest';
import { plan } from '../../../builder/plan/plan.ts';
import { isBuildError } from '../../../core/errors.ts';
import { parseWithErrors } from '../../../grammar/parse.ts';
import { testBlocks } from '../../support/blocks.ts';
import { DEFAULTS, planErrors } from './plan-text.ts';

describe('tells all of', () => {
  testBlocks(import.meta.dirname, 'cases/several.txt', (text) =>
    planErrors(text, text.startsWith('FROM scratch AS a') ? { target: 'b' } : {}).join('\n'),
  );
});

it('tells them before any image is looked up', () => {
  const parsed = parseWithErrors({ name: 'Dockerfile', text: 'FROM base\nSTOPSIGNAL nope\n' });
  expect(() => plan(parsed, DEFAULTS, new Map())).toThrow('there is no signal "nope"');
});

it('the first error carries the others', () => {
  const text = 'FROM scratch\nSTOPSIGNAL nope\nEXPOSE nope';
  try {
    plan(parseWithErrors({ name: 'Dockerfile', text }), DEFAULTS, new Map());
    expect.unreachable();
  } catch (error) {
    if (!isBuildError(error)) throw error;
    expect([error, ...error.others].map(({ span }) => span?.start)).toEqual([24, 36]);
  }
});
