// A runner that is started in surroundings which a shell makes first: mounts, capabilities, variables.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import type { Bench } from './bench.ts';
import { requires, requiresPrograms } from './requires.ts';
import { callRunner, type RunnerResult } from './runner.ts';

export interface Surroundings {
  /** Shell commands; what they start by `"$@"` is the runner. `$dir` is a folder of their own. */
  readonly script: string;
  readonly words: readonly (string | Buffer)[];
}

/** Runs a step as root in a mount namespace of its own, after `script`. */
export function runIn(
  context: TestContext,
  bench: Bench,
  { script, words }: Surroundings,
): Promise<RunnerResult> {
  requires(context, process.getuid?.() === 0, 'root');
  requiresPrograms(context, 'unshare', 'setpriv');
  const dir = bench.folder();
  const binary = join(dir, 'runner');
  const inner = `dir=${dir}; set -e; ${script}`;
  const line = `exec unshare --mount sh -c '${inner}' sh ${bench.binary} "$1"`;
  writeFileSync(binary, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return callRunner({ verb: 'run', words, binary });
}
