// `slipway cache mounts ls`: the cache mounts of the store.

import type { ListedMount } from '../../builder/cache/mounts.ts';
import { hexOf } from '../../core/digest.ts';
import type { CliCommand } from '../command.ts';
import { type SortColumns, sortRows } from '../flags/sort.ts';
import { printableJson } from '../printable.ts';
import { formatAge, formatSize } from '../render/quantities.ts';
import { formatTable } from '../render/table.ts';
import { renderTemplate, type TemplateRow } from '../render/template.ts';
import { withStore } from '../with-store.ts';

export const cacheMountsLs: CliCommand = {
  declare(command) {
    command
      .option(
        '--sort <column>',
        `by ${Object.keys(COLUMNS).join(', ')}; -size: the other way round`,
        'used',
      )
      .option('--format <form>', 'table, json (one object a line) or a template', 'table')
      .addHelpText('after', HELP);
  },

  async run(command, host) {
    const { sort, format } = command.opts<{ sort: string; format: string }>();
    const { listMounts } = await import('../../builder/cache/mounts.ts');
    const mounts = sortRows(await withStore(host, listMounts), sort, COLUMNS);
    host.stdout.write(show(mounts, format));
    return 0;
  },
};

const COLUMNS: SortColumns<ListedMount> = {
  used: ({ lastUsed }) => lastUsed,
  size: ({ size }) => size,
  id: ({ id }) => id ?? '',
};

const HEADINGS = ['NAME', 'ID', 'SIZE', 'LAST USED', 'IN USE', 'BEGINS WITH'];

const FIELDS = [
  'Name',
  'Folder',
  'ID',
  'Size',
  'Bytes',
  'LastUsed',
  'LastUsedSince',
  'Users',
  'BeginsWith',
] as const;

function show(mounts: readonly ListedMount[], format: string): string {
  if (format === 'json') return mounts.map((mount) => `${printableJson(toJson(mount))}\n`).join('');
  const rows = mounts.map(toRow);
  if (format !== 'table') return renderTemplate(format, FIELDS, rows);
  return formatTable(
    HEADINGS,
    rows.map((row) => [
      row.Name,
      row.ID,
      row.Size,
      row.LastUsedSince,
      row.Users === '0' ? '' : row.Users,
      row.BeginsWith,
    ]),
  );
}

function toJson({ name, folder, id, begin, size, lastUsed, users }: ListedMount): object {
  return { name, folder, id: id ?? null, beginsWith: begin, size, lastUsed, users };
}

function toRow(mount: ListedMount): TemplateRow & Record<(typeof FIELDS)[number], string> {
  const { name, folder, id, begin, size, lastUsed, users } = mount;
  return {
    Name: hexOf(name).slice(0, 12),
    Folder: folder,
    ID: id ?? '(unknown)',
    Size: formatSize(size),
    Bytes: String(size),
    LastUsed: new Date(lastUsed).toISOString(),
    LastUsedSince: formatAge(lastUsed, Date.now()),
    Users: String(users),
    BeginsWith: begin,
  };
}

const HELP = `
ID is that of the Dockerfile (without id= the target); another mode, uid, gid, from or source is
another cache of the same ID. Steps that must not share a folder have several of one name.

Templates: {{.Name}} {{json .ID}} {{json .}}, or "table {{.ID}}\\t{{.Size}}", of the fields
${FIELDS.join(' ')}.

Examples:
  slipway cache mounts ls --sort size
  slipway cache mounts ls --format '{{.ID}} {{.Bytes}}'`;
