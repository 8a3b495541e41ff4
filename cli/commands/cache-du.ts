// `slipway cache du`: what the store takes on disk.

import type { KindUsage, StoreUsage } from '../../builder/cache/usage.ts';
import type { CliCommand } from '../command.ts';
import { formatFlag } from '../flags/format.ts';
import { printableJson } from '../printable.ts';
import { formatSize } from '../render/quantities.ts';
import { formatTable } from '../render/table.ts';
import { withStore } from '../with-store.ts';

export const cacheDu: CliCommand = {
  declare(command) {
    command.addOption(formatFlag()).addHelpText(
      'after',
      `
The sizes are those of du: blocks of disk, a file with several names once. SHARED is what images of
the store need too; OWN is the cache's alone, and what cache prune can free.

Examples:
  slipway cache du
  slipway cache du --format json | jq -s 'map({(.kind): .bytes}) | add'`,
    );
  },

  async run(command, host) {
    const { format } = command.opts<{ format: 'table' | 'json' }>();
    const { storeUsage } = await import('../../builder/cache/usage.ts');
    const usage = await withStore(host, storeUsage);
    const rows = [...usage.kinds, total(usage)];
    if (format === 'json') {
      for (const row of rows) host.stdout.write(`${printableJson(withOwn(row))}\n`);
    } else host.stdout.write(formatTable(HEADINGS, rows.map(toRow)));
    if (usage.unread > 0) {
      host.stderr.write(`${usage.unread} folders belong to others and were not counted\n`);
    }
    return 0;
  },
};

const HEADINGS = ['KIND', 'COUNT', 'SIZE', 'SHARED', 'OWN'];

type Row = Omit<KindUsage, 'kind' | 'count'> & { readonly kind: string; readonly count?: number };

function total({ bytes, shared }: StoreUsage): Row {
  return { kind: 'total', bytes, shared };
}

function withOwn(row: Row): object {
  return { ...row, own: row.bytes - row.shared };
}

function toRow({ kind, count, bytes, shared }: Row): string[] {
  const sizes = [bytes, shared, bytes - shared].map(formatSize);
  return [kind, count === undefined || count === 0 ? '' : String(count), ...sizes];
}
