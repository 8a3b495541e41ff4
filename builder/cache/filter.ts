// `--filter` of the cache commands: `kind=run`, `step~=npm`, `shared`, `until=24h`. The names are slipway's own,
// with those of buildx beside them.

import { BuildError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import type { ListedRecord } from './list.ts';

export type RecordFilter = (record: ListedRecord) => boolean;

type Operator = '=' | '!=' | '~=';

/** What text a field has; those of buildx mean the same as ours. */
const TEXTS: Readonly<Record<string, (record: ListedRecord) => string>> = {
  key: ({ key }) => key,
  id: ({ key }) => key,
  kind: ({ kind }) => kind,
  type: ({ kind }) => kind,
  step: ({ step }) => step,
  description: ({ step }) => step,
};

const SWITCHES: Readonly<Record<string, (record: ListedRecord) => boolean>> = {
  shared: ({ shared }) => shared > 0,
  private: ({ shared }) => shared === 0,
};

/** Returns a filter that only records pass which all of `words` describe. `age` reads a length of time. Throws E_USAGE. */
export function recordFilter(
  words: readonly string[],
  age: (text: string) => number,
): RecordFilter {
  const filters = words.map((word) => parse(word, age));
  return (record) => filters.every((filter) => filter(record));
}

function parse(word: string, age: (text: string) => number): RecordFilter {
  const [, field = '', operator, value = ''] =
    /^([a-z]+)(?:(!=|~=|={1,2})(.*))?$/s.exec(word) ?? [];
  if (field === 'until' && operator === '=') return unusedFor(age(value));
  const isSet = SWITCHES[field];
  if (isSet !== undefined && operator === undefined) return isSet;
  if (isSet !== undefined && operator === '=' && /^(?:true|false)$/.test(value)) {
    return (record) => String(isSet(record)) === value;
  }
  const text = TEXTS[field];
  if (text === undefined || operator === undefined) throw unknown(word, field);
  const matches = matcher(field, operator === '==' ? '=' : (operator as Operator), value);
  return (record) => matches(text(record));
}

/** Records that were not used for so long; one from the future is new. */
function unusedFor(ms: number): RecordFilter {
  const before = Date.now() - ms;
  return ({ lastUsed }) => lastUsed < before;
}

function matcher(field: string, operator: Operator, value: string): (text: string) => boolean {
  if (operator === '~=') {
    const pattern = regularExpression(value);
    return (text) => pattern.test(text);
  }
  // A key is named as lists show it, by how it begins.
  const isKey = field === 'key' || field === 'id';
  const equals = (text: string): boolean =>
    isKey ? text.startsWith(value) || text.startsWith(`sha256:${value}`) : text === value;
  return operator === '=' ? equals : (text) => !equals(text);
}

function regularExpression(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BuildError('E_USAGE', `--filter: ${why}`, { cause: error });
  }
}

function unknown(word: string, field: string): BuildError {
  const fields = [...Object.keys(TEXTS), ...Object.keys(SWITCHES), 'until'];
  const meant = fields.includes(field) ? undefined : suggest(field, fields);
  return new BuildError('E_USAGE', `--filter ${JSON.stringify(word)} is not understood`, {
    hint:
      meant === undefined
        ? `FIELD=VALUE, FIELD!=VALUE or FIELD~=EXPRESSION of ${fields.slice(0, 6).join(', ')}; shared; private; until=24h`
        : `did you mean ${meant}?`,
  });
}
