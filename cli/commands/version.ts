// `slipway version`: the version alone, so that scripts need not parse it.

import type { CliCommand } from '../command.ts';
import { readVersion } from '../version.ts';

export const version: CliCommand = {
  declare: () => {},
  run: async (_command, host) => {
    host.stdout.write(`${await readVersion()}\n`);
    return 0;
  },
};
