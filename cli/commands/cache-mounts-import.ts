// `slipway cache mounts import`: the cache mounts of an exported cache, and nothing else of it.

import { BuildError } from '../../core/errors.ts';
import { importFrom, tellOfMounts } from '../cache-archive.ts';
import type { CliCommand } from '../command.ts';
import { withStore } from '../with-store.ts';

export const cacheMountsImport: CliCommand = {
  declare(command) {
    command
      .argument('<source>', 'what cache export or cache mounts export wrote; - is standard input')
      .argument('[ids...]', 'only these (default: all)')
      .option('--replace', 'in place of those that are there')
      .addHelpText(
        'after',
        `
Examples:
  slipway cache mounts import mounts.tar
  slipway cache mounts import --replace cache.tar npm`,
      );
  },

  async run(command, host) {
    const { replace } = command.opts<{ replace?: true }>();
    const [source = '', ...ids] = command.args;
    const { mounts } = await withStore(host, (store) =>
      importFrom(host, store, source, {
        records: false,
        trustReads: false,
        mounts: ({ id }) => ids.length === 0 || ids.includes(id.replace('\0', '/')),
        replace: replace ?? false,
      }),
    );
    tellOfMounts(host, mounts);
    const missing = ids.filter(
      (id) => !mounts.some(({ mount }) => mount.id.replace('\0', '/') === id),
    );
    if (missing.length === 0) return 0;
    throw new BuildError('E_CACHE_MOUNT', `${source} has no cache mount ${missing.join(', ')}`);
  },
};
