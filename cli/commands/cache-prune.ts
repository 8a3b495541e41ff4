// `slipway cache prune`: takes things out of the cache, and from the disk what neither the rest of it nor an
// image needs any more.

import type { Command } from 'commander';
import type { PruneOptions } from '../../builder/cache/prune.ts';
import type { CliCommand } from '../command.ts';
import { parseAge } from '../flags/age.ts';
import { parseSize } from '../flags/size.ts';
import { formatSize } from '../render/quantities.ts';
import { withStore } from '../with-store.ts';

export const cachePrune: CliCommand = {
  declare(command) {
    command
      .option('-a, --all', 'records of base images and cache mounts too')
      .option(
        '--filter <filter>',
        'only what it describes, as in cache ls; kind=mount too (repeatable)',
        (word: string, before: string[] = []) => [...before, word],
      )
      .option('--older-than <age>', 'only what was not used for so long: 90m, 12h, 7d, 4w')
      .option('--max-used-space <size>', 'remove only until the cache has this size')
      .option('--min-free-space <size>', 'remove only until so much of the disk is free')
      .option('--keep-storage <size>', 'what may stay in any case; alone, as --max-used-space')
      .option('--reserved-space <size>', "buildx's newer name of --keep-storage")
      .option('--dry-run', 'say what would be removed, and remove nothing')
      .option('-f, --force', 'for scripts that give it: nothing is asked anyway')
      .addHelpText('after', HELP);
  },

  async run(command, host) {
    const options = await readOptions(command);
    const { prune } = await import('../../builder/cache/prune.ts');
    const { removed, bytes, swept } = await withStore(host, (store) =>
      prune(store, options, host.signal),
    );
    const did = options.dryRun ? 'would remove' : 'removed';
    const what = removed === 1 ? 'record' : 'records';
    host.stdout.write(`${did} ${removed} ${what}, ${formatSize(bytes)}\n`);
    if (!swept) {
      host.stderr.write('a build is running: files stay on disk until the next prune\n');
    }
    return 0;
  },
};

async function readOptions(command: Command): Promise<PruneOptions> {
  const flags = command.opts<{
    all?: true;
    dryRun?: true;
    filter?: string[];
    olderThan?: string;
    maxUsedSpace?: string;
    minFreeSpace?: string;
    keepStorage?: string;
    reservedSpace?: string;
  }>();
  const size = (text: string | undefined, flag: string): number | undefined =>
    text === undefined ? undefined : parseSize(text, flag);
  const { recordFilter } = await import('../../builder/cache/filter.ts');
  return {
    all: flags.all ?? false,
    dryRun: flags.dryRun ?? false,
    filter: flags.filter && recordFilter(flags.filter, parseAge),
    olderThanMs: flags.olderThan === undefined ? undefined : parseAge(flags.olderThan),
    maxUsed: size(flags.maxUsedSpace, '--max-used-space'),
    minFree: size(flags.minFreeSpace, '--min-free-space'),
    keep:
      size(flags.keepStorage, '--keep-storage') ?? size(flags.reservedSpace, '--reserved-space'),
  };
}

const HELP = `
What was used least recently goes first, and of steps that build on each other the last. Images are
kept; downloads and git repositories of ADD are part of the cache (kind=download, kind=repository).

Examples:
  slipway cache prune --older-than 7d
  slipway cache prune --max-used-space 10GB
  slipway cache prune --filter kind=mount --dry-run
  slipway cache prune --all`;
