// `slipway cache export`: the build cache, or a part of it, to be taken elsewhere.

import type { Digest } from '../../core/digest.ts';
import { hostPlatform } from '../../image/platform.ts';
import { exportTo } from '../cache-archive.ts';
import type { CliCommand } from '../command.ts';
import { parseAge } from '../flags/age.ts';
import { withStore } from '../with-store.ts';

interface Flags {
  readonly filter?: string[];
  readonly build?: string;
  readonly image?: string;
  readonly mounts: boolean;
}

export const cacheExport: CliCommand = {
  declare(command) {
    command
      .argument('<dest>', 'a tar; a folder if it ends in / or is one; - is standard output')
      .option(
        '--filter <filter>',
        'only records that it describes (see cache ls), and those below them',
        (word: string, before: string[] = []) => [...before, word],
      )
      .option('--build <id>', 'only records of that build (see why --builds), and those below them')
      .option('--image <name>', 'only records that made layers of that image, and those below them')
      .option('--no-mounts', 'without cache mounts')
      .addHelpText('after', HELP);
  },

  async run(command, host) {
    const { filter, build, image, mounts } = command.opts<Flags>();
    const { recordFilter } = await import('../../builder/cache/filter.ts');
    const { listRecords } = await import('../../builder/cache/list.ts');
    const { listMounts } = await import('../../builder/cache/mounts.ts');
    const { recordsOfBuild, recordsOfImage } = await import(
      '../../builder/cache/transfer/records-of.ts'
    );
    const passes = recordFilter(filter ?? [], parseAge);
    await withStore(host, async (store) => {
      const wanted = new Set((await listRecords(store)).filter(passes).map(({ key }) => key));
      const platform = hostPlatform(host.arch);
      const tests = [
        ({ key }: { readonly key: Digest }) => wanted.has(key),
        ...(build === undefined ? [] : [recordsOfBuild(store, build)]),
        ...(image === undefined ? [] : [await recordsOfImage(store, image, platform)]),
      ];
      await exportTo(host, store, command.args[0] ?? '', {
        records: (record) => tests.every((passes) => passes(record)),
        mounts: mounts ? await listMounts(store) : [],
      });
    });
    return 0;
  },
};

const HELP = `
It holds the records with what their steps read, the layers that they made, and the cache mounts, as
an OCI layout: what copies images copies it too. Layers of base images are not in it, since the
image has them; nor are files of a COPY whose context has them. A mount that a step has is waited
for.

Records keep build arguments and environment readable: whoever gets the cache can read them.

Examples:
  slipway cache export cache.tar
  slipway cache export --filter kind=run --no-mounts ci-cache/
  slipway cache export --build 20261127-114610 ci-cache/
  slipway cache export --image app:1 --no-mounts app-cache.tar
  slipway cache export - | ssh host slipway cache import -
  slipway cache export c.tar && skopeo copy oci-archive:c.tar docker://registry/app:cache`;
