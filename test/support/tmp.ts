// A temporary folder for one test, removed when the test ends.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes a new folder and removes it, whatever is in it, when the current test has finished. */
export function tmpDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'slipway-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
