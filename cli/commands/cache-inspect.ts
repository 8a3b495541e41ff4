// `slipway cache inspect`: one record of the build cache, with all that went into its key.

import type { LayerDetails, RecordDetails } from '../../builder/cache/find-record.ts';
import type { CliCommand } from '../command.ts';
import { formatFlag } from '../flags/format.ts';
import { printable, printableJson } from '../printable.ts';
import { formatDuration } from '../render/duration.ts';
import { formatAge, formatSize } from '../render/quantities.ts';
import { usageText } from '../render/usage.ts';
import { withStore } from '../with-store.ts';

export const cacheInspect: CliCommand = {
  declare(command) {
    command
      .argument('<key>', 'the key of a record, or how it begins')
      .addOption(formatFlag())
      .addHelpText(
        'after',
        `
Examples:
  slipway cache inspect 3f9c2a
  slipway cache inspect 3f9c2a --format json | jq .parts`,
      );
  },

  async run(command, host) {
    const { format } = command.opts<{ format: 'table' | 'json' }>();
    const { describeRecord, findRecord } = await import('../../builder/cache/find-record.ts');
    const details = await withStore(host, (store) =>
      describeRecord(store, findRecord(store, command.args[0] ?? '')),
    );
    host.stdout.write(
      format === 'json' ? `${printableJson(toJson(details), 2)}\n` : toText(details),
    );
    return 0;
  },
};

function toJson({ record, hasTree, layers }: RecordDetails): object {
  const { used: lastUsed, parts, ...rest } = record;
  return { ...rest, lastUsed, hasTree, layers, parts: Object.fromEntries(parts) };
}

/** Wide enough for most names of parts. */
const COLUMN = 20;

function toText({ record, hasTree, layers }: RecordDetails): string {
  const { key, kind, step, created, used, ms, usage, tree, parts, imported } = record;
  const lines = [
    ...field('step', step),
    ...field('key', key),
    ...field('kind', kind),
    ...field('created', when(created)),
    ...field('last used', when(used)),
    ...field('took', formatDuration(ms)),
    ...(usage === undefined ? [] : field('used', usageText(usage))),
    ...field('made', MADE[String(imported)] ?? 'here'),
    ...field('tree', hasTree ? tree : `${tree} (no longer in the store)`),
    ...field('layers', layers.map(describeLayer).join('\n')),
    '',
    'what its key is made of:',
    ...parts.flatMap(([name, value]) => field(name, value)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** A name, and its value beside it; each further line of the value below its first. */
function field(name: string, value: string): string[] {
  const [first = '', ...more] = printable(value).split('\n');
  const head = `${printable(name).padEnd(COLUMN - 1)} ${first}`.trimEnd();
  return [head, ...more.map((line) => `${' '.repeat(COLUMN)}${line}`)];
}

function describeLayer({ id, entries, unpacked, blob }: LayerDetails): string {
  const told = [
    entries === undefined ? 'its list is no longer in the store' : `${entries} paths`,
    unpacked === undefined ? undefined : `${formatSize(unpacked)} unpacked`,
    blob && `${formatSize(blob.size)} compressed (${blob.digest})`,
  ];
  return `${id}: ${told.filter((part) => part !== undefined).join(', ')}`;
}

function when(time: number): string {
  return `${new Date(time).toISOString()} (${formatAge(time, Date.now())})`;
}

const MADE: Readonly<Record<string, string>> = {
  true: 'elsewhere: it was imported',
  trusted: 'elsewhere: it was imported, and what it read is believed',
};
