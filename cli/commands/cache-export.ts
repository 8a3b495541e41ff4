// `slipway cache export`: the build cache, or a part of it, to be taken elsewhere.

import { exportTo } from '../cache-archive.ts';
import type { CliCommand } from '../command.ts';
import { parseAge } from '../flags/age.ts';
import { withStore } from '../with-store.ts';

export const cacheExport: CliCommand = {
  declare(command) {
    command
      .argument('<dest>', 'a tar; a folder if it ends in / or is one; - is standard output')
      .option(
        '--filter <filter>',
        'only records that it describes (see cache ls), and those below them',
        (word: string, before: string[] = []) => [...before, word],
      )
      .option('--no-mounts', 'without cache mounts')
      .addHelpText('after', HELP);
  },

  async run(command, host) {
    const { filter, mounts } = command.opts<{ filter?: string[]; mounts: boolean }>();
    const { recordFilter } = await import('../../builder/cache/filter.ts');
    const { listRecords } = await import('../../builder/cache/list.ts');
    const { listMounts } = await import('../../builder/cache/mounts.ts');
    const passes = recordFilter(filter ?? [], parseAge);
    await withStore(host, async (store) => {
      const wanted = new Set((await listRecords(store)).filter(passes).map(({ key }) => key));
      await exportTo(host, store, command.args[0] ?? '', {
        records: ({ key }) => wanted.has(key),
        mounts: mounts ? await listMounts(store) : [],
      });
    });
    return 0;
  },
};

const HELP = `
It holds the records, the layers that steps made, and the cache mounts, as an OCI layout: what
copies images copies it too. Layers of base images are not in it, since the image has them; nor are
files of a COPY whose context has them. A mount that a step has is waited for.

Records keep build arguments and environment readable: whoever gets the cache can read them.

Examples:
  slipway cache export cache.tar
  slipway cache export --filter kind=run --no-mounts ci-cache/
  slipway cache export - | ssh host slipway cache import -
  slipway cache export c.tar && skopeo copy oci-archive:c.tar docker://registry/app:cache`;
