// The Debian base image of the samples, as an archive that any tool loads.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { CHECKOUT } from './peers.ts';
import { requiresPrograms } from './requires.ts';

/** Makes it where it is not there yet, and returns its path. Skips where that cannot be. */
export function debianBase(context: TestContext): string {
  requiresPrograms(context, 'mmdebstrap', 'busybox');
  const script = join(CHECKOUT, 'scripts/make-bases.mjs');
  const { stdout, stderr } = spawnSync('node', [script, '--no-load'], { encoding: 'utf8' });
  const archive = (JSON.parse(stdout) as Record<string, string>)['debian:bookworm'];
  if (archive === undefined) throw new Error(`no base was made: ${stderr}`);
  return archive;
}
