// The text of `RUN --mount=...`: comma-separated options, quoted as in CSV. Options keep their places;
// values are expanded later, when the stage's variables are known.

import { BuildError } from '../../../core/errors.ts';
import { partsOf, type Span } from '../../../core/source.ts';
import { suggest } from '../../../core/suggest.ts';
import type { Word } from '../../../grammar/ast.ts';

export const MOUNT_TYPES = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
export type MountType = (typeof MOUNT_TYPES)[number];

/** Other spellings of an option. */
const ALIASES: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
  rw: 'readwrite',
};

const KEYS = [
  'type', 'from', 'source', 'target', 'readonly', 'readwrite', 'id', 'sharing', 'required', 'size',
  'mode', 'uid', 'gid', 'env',
]; // biome-ignore format: one line reads better

/** Options that may stand without a value. */
const SWITCHES = ['readonly', 'readwrite', 'required'];

export interface MountOption {
  /** As written, in lower case. */
  readonly key: string;
  /** Its first spelling: `target` for `dst`. */
  readonly name: string;
  /** Undefined where there is no `=`. */
  readonly value: Word | undefined;
  readonly span: Span;
}

/** A mount as written; `from` is known before variables are, because stages depend on it. */
export interface RawMount {
  readonly options: readonly MountOption[];
  readonly from: Word | undefined;
  readonly word: Word;
}

/** Reads one --mount. Throws E_MOUNT where it is not CSV, or where `from` holds a variable. */
export function readMount(word: Word): RawMount {
  const options = splitCsv(word).map(readOption);
  const from = options.findLast(({ key }) => key === 'from')?.value;
  if (from !== undefined && /\$./.test(from.text)) {
    throw new BuildError('E_MOUNT', 'from= does not take variables', {
      span: from.span,
      hint: 'Name the image in a stage of its own, FROM $IMAGE AS name, and use from=name.',
    });
  }
  return { options, from: from?.text ? from : undefined, word };
}

function readOption(field: Word): MountOption {
  const { text, span } = field;
  const equals = text.indexOf('=');
  const key = (equals === -1 ? text : text.slice(0, equals)).toLowerCase();
  const name = Object.hasOwn(ALIASES, key) ? (ALIASES[key] ?? key) : key;
  return { key, name, value: equals === -1 ? undefined : valueAfter(field, equals + 1), span };
}

/**
 * Throws E_MOUNT where there is no such option, or where it needs a value and has none. Asked only of
 * stages that are needed: the reference takes anything in the others.
 */
export function checkOption({ key, name, value, span }: MountOption): void {
  if (!KEYS.includes(name)) {
    const near = suggest(key, [...KEYS, ...Object.keys(ALIASES)]);
    const hint = near && `Did you mean ${near}?`;
    throw new BuildError('E_MOUNT', `--mount has no option ${JSON.stringify(key)}`, { span, hint });
  }
  if (value === undefined && !SWITCHES.includes(name)) {
    throw new BuildError('E_MOUNT', `--mount: ${key} needs a value`, { span });
  }
}

function valueAfter({ text, span }: Word, start: number): Word {
  return { text: text.slice(start), span: partsOf(span, text)(start, text.length) };
}

function splitCsv(word: Word): Word[] {
  const { text, span } = word;
  const place = partsOf(span, text);
  const fields: Word[] = [];
  for (let at = 0; at <= text.length; ) {
    const [field, end] = text[at] === '"' ? quotedField(word, at) : plainField(word, at);
    fields.push({ text: field, span: place(at, end) });
    at = end + 1;
  }
  return fields;
}

function plainField({ text, span }: Word, start: number): [string, number] {
  const comma = text.indexOf(',', start);
  const end = comma === -1 ? text.length : comma;
  const field = text.slice(start, end);
  if (field.includes('"')) throw badQuote(span);
  return [field, end];
}

function quotedField({ text, span }: Word, start: number): [string, number] {
  let field = '';
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] !== '"') field += text[i];
    else if (text[i + 1] === '"') field += text[i++];
    else if (i + 1 === text.length || text[i + 1] === ',') return [field, i + 1];
    else break;
  }
  throw badQuote(span);
}

function badQuote(span: Word['span']): BuildError {
  return new BuildError(
    'E_MOUNT',
    'a quote in --mount is not closed, or not around a whole option',
    {
      span,
    },
  );
}
