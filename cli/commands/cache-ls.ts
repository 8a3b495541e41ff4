// `slipway cache ls`: the records of the build cache.

import type { ListedRecord } from '../../builder/cache/list.ts';
import { hexOf } from '../../core/digest.ts';
import type { CliCommand } from '../command.ts';
import { parseAge } from '../flags/age.ts';
import { type SortColumns, sortRows } from '../flags/sort.ts';
import { printableJson } from '../printable.ts';
import { formatDuration } from '../render/duration.ts';
import { formatAge, formatSize } from '../render/quantities.ts';
import { formatTable } from '../render/table.ts';
import { renderTemplate, type TemplateRow } from '../render/template.ts';
import { withStore } from '../with-store.ts';

export const cacheLs: CliCommand = {
  declare(command) {
    command
      .option(
        '--filter <filter>',
        'only records that it describes, see below (repeatable)',
        (word: string, before: string[] = []) => [...before, word],
      )
      .option(
        '--sort <column>',
        `by ${Object.keys(COLUMNS).join(', ')}; -size: the other way round`,
        'created',
      )
      .option('--format <form>', 'table, json (one object a line) or a template', 'table')
      .addHelpText('after', HELP);
  },

  async run(command, host) {
    const { filter, sort, format } = command.opts<{
      filter?: string[];
      sort: string;
      format: string;
    }>();
    const [{ listRecords }, { recordFilter }] = await Promise.all([
      import('../../builder/cache/list.ts'),
      import('../../builder/cache/filter.ts'),
    ]);
    const passes = recordFilter(filter ?? [], parseAge);
    const all = await withStore(host, listRecords);
    host.stdout.write(show(sortRows(all.filter(passes), sort, COLUMNS), format));
    return 0;
  },
};

const COLUMNS: SortColumns<ListedRecord> = {
  created: ({ created }) => created,
  used: ({ lastUsed }) => lastUsed,
  size: ({ size }) => size,
  time: ({ ms }) => ms,
  key: ({ key }) => key,
  kind: ({ kind }) => kind,
  step: ({ step }) => step,
};

const HEADINGS = ['KEY', 'KIND', 'CREATED', 'LAST USED', 'SIZE', 'TIME', 'STEP'];

const FIELDS = [
  'Key',
  'ID',
  'Kind',
  'Step',
  'Created',
  'CreatedSince',
  'LastUsed',
  'LastUsedSince',
  'Size',
  'Bytes',
  'Shared',
  'Time',
] as const;

function show(records: readonly ListedRecord[], format: string): string {
  const rows = records.map(toRow);
  if (format === 'json') return records.map((record) => `${printableJson(record)}\n`).join('');
  if (format !== 'table') return renderTemplate(format, FIELDS, rows);
  return formatTable(
    HEADINGS,
    rows.map((row) => [
      row.ID,
      row.Kind,
      row.CreatedSince,
      row.LastUsedSince,
      row.Size,
      row.Time,
      row.Step,
    ]),
  );
}

function toRow(record: ListedRecord): TemplateRow & Record<(typeof FIELDS)[number], string> {
  const { key, kind, step, created, lastUsed, size, shared, ms } = record;
  const now = Date.now();
  return {
    Key: key,
    ID: hexOf(key).slice(0, 12),
    Kind: kind,
    Step: step,
    Created: new Date(created).toISOString(),
    CreatedSince: formatAge(created, now),
    LastUsed: new Date(lastUsed).toISOString(),
    LastUsedSince: formatAge(lastUsed, now),
    Size: formatSize(size),
    Bytes: String(size),
    Shared: formatSize(shared),
    Time: formatDuration(ms),
  };
}

const HELP = `
Filters: key=PREFIX, kind=run, step=TEXT, each with =, != or ~= (a regular expression); shared,
private; until=24h (not used for so long). id, type and description are buildx's names for the
first three. A record must pass all of them.

Templates: {{.Key}} {{json .Step}} {{json .}}, or "table {{.ID}}\\t{{.Size}}", of the fields
${FIELDS.join(' ')}.

SIZE is what a record's layers take on disk, unpacked and compressed.

Examples:
  slipway cache ls --sort size
  slipway cache ls --filter kind=run --filter 'step~=npm'
  slipway cache ls --format json | jq -r .step`;
