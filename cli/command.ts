// The shape of a command. Each file in commands/ exports one; main.ts loads the one it needs.

import type { Command } from 'commander';
import type { Host } from './host.ts';

export interface CliCommand {
  /** Adds arguments, flags and examples to `command`, which has its name and summary already. */
  declare(command: Command): void;
  /** Does the work with the words that `command` has parsed. Returns the exit status; throws BuildError. */
  run(command: Command, host: Host): Promise<number>;
}
