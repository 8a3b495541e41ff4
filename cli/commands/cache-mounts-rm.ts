// `slipway cache mounts rm`: takes cache mounts out of the store.

import { BuildError } from '../../core/errors.ts';
import type { CliCommand } from '../command.ts';
import { counted, formatSize } from '../render/quantities.ts';
import { withStore } from '../with-store.ts';

export const cacheMountsRm: CliCommand = {
  declare(command) {
    command
      .argument('[mounts...]', 'ids, or the first digits of names, as cache mounts ls has them')
      .option('-a, --all', 'all of them')
      .addHelpText(
        'after',
        `
A mount that a step has now is not removed.

Examples:
  slipway cache mounts rm npm
  slipway cache mounts rm --all`,
      );
  },

  async run(command, host) {
    const { all } = command.opts<{ all?: true }>();
    const words = command.args;
    if ((all ?? false) === words.length > 0) {
      throw new BuildError('E_USAGE', 'which mounts are to be removed?', {
        hint: 'name them, or give --all alone; slipway cache mounts ls lists them',
      });
    }
    const { findMounts, listMounts, removeMounts } = await import('../../builder/cache/mounts.ts');
    const { removed, inUse } = await withStore(host, async (store) => {
      const mounts = await listMounts(store);
      const chosen = all ? mounts : words.flatMap((word) => findMounts(mounts, word));
      return removeMounts(store, [...new Set(chosen)], host.signal);
    });
    const bytes = removed.reduce((sum, { size }) => sum + size, 0);
    host.stdout.write(`removed ${counted(removed.length, 'cache mount')}, ${formatSize(bytes)}\n`);
    if (inUse.length === 0) return 0;
    const names = [...new Set(inUse.map(({ id, folder }) => id ?? folder))].join(', ');
    throw new BuildError('E_CACHE_MOUNT', `a step of a build has ${names}`, {
      hint: 'remove it when that build has ended',
    });
  },
};
