// `slipway cache mounts export`: cache mounts, to be taken elsewhere.

import { exportTo } from '../cache-archive.ts';
import type { CliCommand } from '../command.ts';
import { withStore } from '../with-store.ts';

export const cacheMountsExport: CliCommand = {
  declare(command) {
    command
      .argument('<dest>', 'a tar; a folder if it ends in / or is one; - is standard output')
      .argument('[mounts...]', 'ids or names, as cache mounts ls has them (default: all)')
      .addHelpText(
        'after',
        `
A mount that a step has is waited for, and builds wait or take another folder meanwhile.

Examples:
  slipway cache mounts export mounts.tar
  slipway cache mounts export npm.tar npm`,
      );
  },

  async run(command, host) {
    const [dest = '', ...words] = command.args;
    const { findMounts, listMounts } = await import('../../builder/cache/mounts.ts');
    await withStore(host, async (store) => {
      const all = await listMounts(store);
      const chosen = words.length === 0 ? all : words.flatMap((word) => findMounts(all, word));
      await exportTo(host, store, dest, { records: () => false, mounts: [...new Set(chosen)] });
    });
    return 0;
  },
};
