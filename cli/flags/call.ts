// `--call` and `--check`: what is asked about a Dockerfile in place of building it, spelled as buildx
// spells it.

import { BuildError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import { parseCsv } from './csv.ts';

const METHODS = ['build', 'check', 'outline', 'targets', 'subrequests.describe'] as const;
const FORMATS = ['text', 'json'] as const;

export interface Call {
  readonly method: (typeof METHODS)[number];
  readonly format: (typeof FORMATS)[number];
  /** Findings of a check leave the exit status 0. */
  readonly ignoreStatus: boolean;
}

/** Returns what the two flags ask for. Throws E_USAGE. */
export function readCall(call: string | undefined, check: boolean): Call {
  const read = parseCall(call ?? (check ? 'check' : 'build'));
  if (!check || read.method === 'check') return read;
  throw usage(`--check and --call=${call} exclude each other`, 'leave one out');
}

/** Reads `METHOD[,format=FORMAT][,ignorestatus=BOOL]`. */
function parseCall(text: string): Call {
  let method: Call['method'] | undefined;
  let format: Call['format'] = 'text';
  let ignoreStatus = false;
  for (const field of parseCsv(text, '--call')) {
    const [key = '', value] = field.split(/=(.*)/s);
    if (value === undefined && method !== undefined) {
      throw usage(`--call ${text} names two methods`, 'give one');
    }
    if (value === undefined) method = one('method', key === 'lint' ? 'check' : key, METHODS);
    else if (key === 'format') format = one('format', value, FORMATS);
    else if (key === 'ignorestatus') ignoreStatus = bool(value);
    else throw usage(`--call has no key ${key}`, 'its keys are format, ignorestatus');
  }
  if (method === undefined) throw usage(`--call ${text} names no method`, list(METHODS));
  return { method, format, ignoreStatus };
}

function one<const T extends string>(what: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  const near = suggest(text, known);
  throw usage(
    `--call has no ${what} ${JSON.stringify(text)}`,
    near === undefined ? list(known) : `did you mean ${near}?`,
  );
}

/** The words that Go's strconv.ParseBool takes. */
function bool(text: string): boolean {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw usage(
    `--call: ignorestatus is true or false, not ${JSON.stringify(text)}`,
    'as in ignorestatus=true',
  );
}

function list(known: readonly string[]): string {
  return `it is one of ${known.join(', ')}`;
}

function usage(message: string, hint: string): BuildError {
  return new BuildError('E_USAGE', message, { hint });
}
