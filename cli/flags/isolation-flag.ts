// `--isolation` of the commands that run something in a sandbox.

import { type Command, Option } from 'commander';
import type { BuildOptions } from '../../builder/options.ts';

const RUNGS = ['auto', 'root', 'rootless', 'single-id', 'chroot'] as const;

/** Adds the flag to `command`; `what` is isolated. */
export function declareIsolation(command: Command, what: string): void {
  const option = new Option('--isolation <rung>', `how ${what} isolated`);
  command.addOption(option.choices(RUNGS).default('auto'));
}

/** Returns the flag's value. */
export function readIsolation(command: Command): BuildOptions['isolation'] {
  return command.opts<{ isolation: BuildOptions['isolation'] }>().isolation;
}
