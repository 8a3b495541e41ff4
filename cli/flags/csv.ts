// One line of CSV, as buildx reads the value of `-o`: RFC 4180 as Go's encoding/csv has it.

import { BuildError } from '../../core/errors.ts';

/**
 * Returns the fields of `line`. A field may be quoted as a whole (`"a,b"`); a quote inside quotes
 * is doubled. Throws E_USAGE, naming `flag`, for a quote inside a bare field or one left open.
 */
export function parseCsv(line: string, flag: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at <= line.length; at++) {
    const [field, end] = line[at] === '"' ? quoted(line, at, flag) : bare(line, at, flag);
    fields.push(field);
    at = end;
  }
  return fields;
}

/** Reads a bare field from `at`; returns it and the offset of the comma or end after it. */
function bare(line: string, at: number, flag: string): [string, number] {
  const comma = line.indexOf(',', at);
  const end = comma === -1 ? line.length : comma;
  const field = line.slice(at, end);
  if (field.includes('"')) {
    throw malformed(
      line,
      flag,
      'a quote stands inside a field',
      'quote the whole field: "dest=a,b"',
    );
  }
  return [field, end];
}

function quoted(line: string, start: number, flag: string): [string, number] {
  let field = '';
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] !== '"') field += line[at];
    else if (line[at + 1] === '"') {
      field += '"';
      at++;
    } else if (at + 1 === line.length || line[at + 1] === ',') return [field, at + 1];
    else throw malformed(line, flag, 'text stands after a closing quote', DOUBLE);
  }
  throw malformed(line, flag, 'a quote is not closed', DOUBLE);
}

const DOUBLE = 'a quote inside a quoted field is written twice';

function malformed(line: string, flag: string, message: string, hint: string): BuildError {
  return new BuildError('E_USAGE', `${flag} ${JSON.stringify(line)}: ${message}`, { hint });
}
