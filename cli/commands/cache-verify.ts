// `slipway cache verify`: whether the store is what it says it is.

import type { Fault } from '../../builder/cache/fault.ts';
import type { Verified } from '../../builder/cache/verify.ts';
import { hexOf } from '../../core/digest.ts';
import type { CliCommand } from '../command.ts';
import { formatFlag } from '../flags/format.ts';
import { printableJson } from '../printable.ts';
import { formatTable } from '../render/table.ts';
import { withStore } from '../with-store.ts';

export const cacheVerify: CliCommand = {
  declare(command) {
    command
      .option('--repair', 'drop what is damaged, so that the next build makes it anew')
      .addOption(formatFlag())
      .addHelpText(
        'after',
        `
Reads everything: blobs and objects against their digests, unpacked layers against their lists,
records against what they name. Exit status 1 where something is damaged and still there.

Examples:
  slipway cache verify
  slipway cache verify --repair`,
      );
  },

  async run(command, host) {
    const { repair = false, format } = command.opts<{ repair?: true; format: 'table' | 'json' }>();
    const { verifyStore } = await import('../../builder/cache/verify.ts');
    const found = await withStore(host, (store) => verifyStore(store, repair, host.signal));
    const { faults } = found;
    if (format === 'json') {
      for (const fault of faults) host.stdout.write(`${printableJson(fault)}\n`);
    } else {
      if (faults.length > 0) host.stdout.write(formatTable(HEADINGS, faults.map(toRow)));
      host.stdout.write(`${summary(found)}\n`);
    }
    if (repair && !found.repaired) {
      host.stderr.write('a build is running: nothing was repaired\n');
    }
    return faults.every(({ heals }) => heals && found.repaired) ? 0 : 1;
  },
};

const HEADINGS = ['KIND', 'NAME', 'WHAT IS WRONG'];

function toRow({ kind, name, what }: Fault): string[] {
  return [kind, hexOf(name).slice(0, 12), what];
}

function summary({ blobs, objects, layers, records, unread, faults, repaired }: Verified): string {
  const seen = `${blobs} blobs, ${objects} objects, ${layers} layers, ${records} records`;
  const other = unread === 0 ? '' : ` (${unread} layers of another kind of isolation not read)`;
  if (faults.length === 0) return `${seen}: nothing is damaged${other}`;
  const images = faults.filter(({ heals }) => !heals).length;
  const again = images === 0 ? '' : `; ${images} belong to images: pull, load or build those again`;
  return `${seen}: ${faults.length} damaged${repaired ? ' and dropped' : ''}${again}${other}`;
}
