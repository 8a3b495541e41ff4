// What `--call=outline` prints: text in buildx's form, JSON in that of BuildKit's subrequest.

import type { Outline } from '../../builder/describe/outline.ts';
import type { OutlineNeed } from '../../builder/describe/outline-entry.ts';
import { nameToBytes } from '../../core/names.ts';
import type { SourceText } from '../../core/source.ts';
import { columns } from './columns.ts';
import { locationOf } from './location.ts';

/** Returns the tables, each with an empty line after it; '' where the target asks for nothing. */
export function outlineText({ name, description, args, secrets, ssh }: Outline): string {
  const title = [
    ['TARGET:', name || '(default)'],
    ...(description === '' ? [] : [['DESCRIPTION:', description]]),
  ];
  const argRows = args.map((arg) => [arg.name, arg.value, arg.description]);
  return [
    name === '' && description === '' ? '' : `${columns(title, 1)}\n`,
    table(['BUILD ARG', 'VALUE', 'DESCRIPTION'], argRows),
    table(['SECRET', 'REQUIRED'], secrets.map(needRow)),
    table(['SSH', 'REQUIRED'], ssh.map(needRow)),
  ].join('');
}

/** Returns the object of `frontend.outline`: what is empty or false is left out. */
export function outlineJson(outline: Outline, source: SourceText): object {
  const { name, description, args, secrets, ssh } = outline;
  return {
    ...(name === '' ? {} : { name }),
    ...(description === '' ? {} : { description }),
    ...(args.length === 0 ? {} : { args: args.map(argJson) }),
    ...(secrets.length === 0 ? {} : { secrets: secrets.map(needJson) }),
    ...(ssh.length === 0 ? {} : { ssh: ssh.map(needJson) }),
    sources: [nameToBytes(source.text).toString('base64')],
  };
}

function table(headings: string[], rows: string[][]): string {
  return rows.length === 0 ? '' : `${columns([headings, ...rows], 3)}\n`;
}

function needRow({ name, required }: OutlineNeed): string[] {
  return [name, required ? 'true' : ''];
}

function argJson({ name, description, value, lines }: Outline['args'][number]): object {
  return {
    name,
    ...(description === '' ? {} : { description }),
    ...(value === '' ? {} : { value }),
    location: locationOf(lines),
  };
}

function needJson({ name, required, lines }: OutlineNeed): object {
  return { name, ...(required ? { required } : {}), location: locationOf(lines) };
}
