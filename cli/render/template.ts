// `--format` templates in the simple form that docker's lists take: `{{.Key}} {{.Size}}`, `{{json .}}`,
// `table {{.Key}}\t{{.Step}}`. Go's template language has much more; what is not known here is refused.

import { BuildError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import { printable, printableJson } from '../printable.ts';
import { formatTable } from './table.ts';

/** What a template may name of one row; text is what it shows, numbers and switches are JSON's. */
export type TemplateRow = Readonly<Record<string, string | number | boolean>>;

type Part = (row: TemplateRow) => string;

const TABLE = /^table(?:\s+|\\t)/;

/** Returns `rows` as the template has them, a line each. `fields` are the names that there are. Throws E_USAGE. */
export function renderTemplate(
  template: string,
  fields: readonly string[],
  rows: readonly TemplateRow[],
): string {
  if (!TABLE.test(template)) {
    const parts = parse(withEscapes(template), fields);
    return rows.map((row) => `${show(parts, row)}\n`).join('');
  }
  const columns = withEscapes(template.replace(TABLE, '')).split('\t');
  const parsed = columns.map((column) => parse(column, fields));
  const headings = columns.map((column) => column.replace(ACTION, (_, action) => heading(action)));
  return formatTable(
    headings,
    rows.map((row) => parsed.map((parts) => show(parts, row))),
  );
}

const ACTION = /\{\{-?\s*(.*?)\s*-?\}\}/gs;

function parse(template: string, fields: readonly string[]): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of template.matchAll(ACTION)) {
    parts.push(literal(template.slice(end, match.index), template));
    parts.push(action(match[1] ?? '', fields));
    end = match.index + match[0].length;
  }
  return [...parts, literal(template.slice(end), template)];
}

function literal(text: string, template: string): Part {
  if (!text.includes('{{')) return () => text;
  throw new BuildError('E_USAGE', `--format ${JSON.stringify(template)}: a {{ has no }}`);
}

function action(text: string, fields: readonly string[]): Part {
  if (text === 'json .') return (row) => printableJson(row);
  const [, json, name] = /^(json\s+)?\.(\w+)$/.exec(text) ?? [];
  if (name === undefined) {
    throw new BuildError('E_USAGE', `--format: {{${text}}} is not understood`, {
      hint: 'a template takes {{.Field}}, {{json .Field}} and {{json .}}',
    });
  }
  if (!fields.includes(name)) {
    const meant = suggest(name, fields);
    throw new BuildError('E_USAGE', `--format: there is no field ${name}`, {
      hint: meant === undefined ? `there are ${fields.join(', ')}` : `did you mean ${meant}?`,
    });
  }
  if (json !== undefined) return (row) => printableJson(row[name]);
  return (row) => printable(String(row[name]));
}

/** `CreatedSince` is CREATED SINCE. */
function heading(text: string): string {
  const name = /\.(\w*)$/.exec(text)?.[1] ?? text;
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toUpperCase();
}

function show(parts: readonly Part[], row: TemplateRow): string {
  return parts.map((part) => part(row)).join('');
}

/** In a shell's quotes a tab is two characters. */
function withEscapes(text: string): string {
  return text.replace(/\\([nt])/g, (_, letter) => (letter === 'n' ? '\n' : '\t'));
}
