// The way in which steps are run and observed: SLIPWAY_SOUNDNESS_WAY. For the adversaries, the projects of
// vitest.config.ts set it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { useRunner } from '../../builder/exec/runner-path.ts';
import { SYSINFO, withRival } from '../support/rival.ts';

const WAYS = ['usual', 'chroot', 'ptrace'] as const;

export type Way = (typeof WAYS)[number];

/** Registers what it needs with the current file. */
export function soundnessWay(): Way {
  const name = process.env['SLIPWAY_SOUNDNESS_WAY'] ?? 'usual';
  const way = WAYS.find((known) => known === name);
  if (way === undefined) throw new Error(`SLIPWAY_SOUNDNESS_WAY=${name} is none of ${WAYS}`);
  if (way === 'ptrace') useTracedSteps();
  return way;
}

/** Where a container has a listener, a step is traced. */
function useTracedSteps(): void {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-rival-'));
    useRunner(withRival(folder, SYSINFO));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}
