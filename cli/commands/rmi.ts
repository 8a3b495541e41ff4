// `slipway rmi`: takes names from images. What no name leads to is removed by `cache prune`.

import type { CliCommand } from '../command.ts';
import { withImages } from '../with-store.ts';

export const rmi: CliCommand = {
  declare(command) {
    command
      .argument('<images...>', 'names to remove, or digests of images to remove with all names')
      .addHelpText(
        'after',
        `
The space is freed by "slipway cache prune".

Examples:
  slipway rmi app:old
  slipway rmi sha256:...`,
      );
  },

  async run(command, host) {
    await withImages(host, async (store) => {
      for (const name of command.args) {
        await store.untag(name);
        host.stdout.write(`removed ${name}\n`);
      }
    });
    return 0;
  },
};
