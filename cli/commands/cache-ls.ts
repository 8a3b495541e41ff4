// `slipway cache ls`: the records of the build cache, newest first.

import type { ListedRecord } from '../../builder/cache-admin.ts';
import { hexOf } from '../../core/digest.ts';
import type { CliCommand } from '../command.ts';
import { formatFlag } from '../flags/format.ts';
import { printableJson } from '../printable.ts';
import { formatAge, formatSize } from '../render/quantities.ts';
import { formatTable } from '../render/table.ts';
import { withStore } from '../with-store.ts';

export const cacheLs: CliCommand = {
  declare(command) {
    command.addOption(formatFlag()).addHelpText(
      'after',
      `
Examples:
  slipway cache ls
  slipway cache ls --format json | jq -r .step`,
    );
  },

  async run(command, host) {
    const { format } = command.opts<{ format: 'table' | 'json' }>();
    const { listRecords } = await import('../../builder/cache-admin.ts');
    const records = await withStore(host, listRecords);
    if (format === 'json') {
      for (const record of records) host.stdout.write(`${printableJson(record)}\n`);
    } else host.stdout.write(formatTable(HEADINGS, records.map(toRow)));
    return 0;
  },
};

const HEADINGS = ['KEY', 'KIND', 'CREATED', 'LAST USED', 'SIZE', 'STEP'];

function toRow({ key, kind, step, created, lastUsed, size }: ListedRecord): string[] {
  const now = Date.now();
  return [
    hexOf(key).slice(0, 12),
    kind,
    formatAge(created, now),
    formatAge(lastUsed, now),
    formatSize(size),
    step,
  ];
}
