// `slipway cache import`: what `cache export` wrote, into the build cache of this store.

import { importFrom, tellOfMounts } from '../cache-archive.ts';
import type { CliCommand } from '../command.ts';
import { counted } from '../render/quantities.ts';
import { withStore } from '../with-store.ts';

export const cacheImport: CliCommand = {
  declare(command) {
    command
      .argument('<source>', 'a tar or a folder that cache export wrote; - is standard input')
      .option('--no-mounts', 'without cache mounts')
      .option('--replace', 'cache mounts in place of those that are there')
      .addHelpText('after', HELP);
  },

  async run(command, host) {
    const { mounts, replace } = command.opts<{ mounts: boolean; replace?: true }>();
    const imported = await withStore(host, (store) =>
      importFrom(host, store, command.args[0] ?? '', {
        records: true,
        mounts: () => mounts,
        replace: replace ?? false,
      }),
    );
    const { records, known, layers } = imported;
    const there = known === 0 ? '' : ` (${known} were there)`;
    host.stdout.write(
      `imported ${counted(records, 'record')}${there} and ${counted(layers, 'layer')}\n`,
    );
    tellOfMounts(host, imported.mounts);
    return 0;
  },
};

const HELP = `
Everything is checked: blobs against their digests, layers against their lists, trees by making them
again. What a command came to cannot be checked: import only from whom you trust. Records and mounts
of this store are kept where the archive has others of the same name.

Examples:
  slipway cache import cache.tar
  slipway cache import ci-cache/ && slipway build -t app .`;
