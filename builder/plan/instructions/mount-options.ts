// The text of `RUN --mount=...`: comma-separated options, quoted as in CSV. Options keep their places;
// values are expanded later, when the stage's variables are known.

import { BuildError } from '../../../core/errors.ts';
import { partsOf, type Span } from '../../../core/source.ts';
import type { Word } from '../../../grammar/ast.ts';

export interface MountOption {
  /** In lower case. */
  readonly key: string;
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

function readOption({ text, span }: Word): MountOption {
  const equals = text.indexOf('=');
  if (equals === -1) return { key: text.toLowerCase(), value: undefined, span };
  const value = text.slice(equals + 1);
  return {
    key: text.slice(0, equals).toLowerCase(),
    value: { text: value, span: partsOf(span, text)(equals + 1, text.length) },
    span,
  };
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
