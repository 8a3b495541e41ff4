// `slipway cache prune`: takes records out of the build cache, and from the disk what neither a
// record nor an image needs any more.

import type { CliCommand } from '../command.ts';
import { parseAge } from '../flags/age.ts';
import { formatSize } from '../render/quantities.ts';
import { withStore } from '../with-store.ts';

export const cachePrune: CliCommand = {
  declare(command) {
    command
      .option('--all', 'records of base images too')
      .option('--dry-run', 'say what would be removed, and remove nothing')
      .option('--older-than <age>', 'only what was not used for so long: 90m, 12h, 7d, 4w')
      .addHelpText(
        'after',
        `
Images with a name are kept.

Examples:
  slipway cache prune --older-than 7d
  slipway cache prune --all --dry-run`,
      );
  },

  async run(command, host) {
    const flags = command.opts<{ all?: true; dryRun?: true; olderThan?: string }>();
    const dryRun = flags.dryRun ?? false;
    const options = {
      all: flags.all ?? false,
      dryRun,
      olderThanMs: flags.olderThan === undefined ? undefined : parseAge(flags.olderThan),
    };
    const { prune } = await import('../../builder/cache-admin.ts');
    const { removed, bytes, swept } = await withStore(host, (store) =>
      prune(store, options, host.signal),
    );
    const did = dryRun ? 'would remove' : 'removed';
    host.stdout.write(`${did} ${removed} records, ${formatSize(bytes)}\n`);
    if (!swept) {
      host.stderr.write('a build is running: files stay on disk until the next prune\n');
    }
    return 0;
  },
};
