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
      .option('--trust-reads', 'reuse its RUN steps by what they read, as those of this store')
      .option('--replace', 'cache mounts in place of those that are there')
      .addHelpText('after', HELP);
  },

  async run(command, host) {
    const { mounts, replace, trustReads } = command.opts<{
      mounts: boolean;
      replace?: true;
      trustReads?: true;
    }>();
    const imported = await withStore(host, (store) =>
      importFrom(host, store, command.args[0] ?? '', {
        records: true,
        trustReads: trustReads ?? false,
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

A record holds for the very files that its step was run on. With --trust-reads a RUN is reused for
others too, by what the archive says that it read: whoever wrote that decides what is reused.

Examples:
  slipway cache import cache.tar
  slipway cache import ci-cache/ && slipway build -t app .
  slipway cache import --trust-reads ci-cache/`;
