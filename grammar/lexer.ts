// A logical instruction -> tokens. moo cuts the text by the rules of a state; this wrapper chooses
// the state where the language depends on context: the keyword says how its arguments read, flags
// end where a word does not start with `--`, and a JSON array is one only if all of it is JSON.
// White space between tokens is dropped. Each pattern is linear: nothing follows a repetition that
// could make it try again.

import moo from 'moo';
import type { Lexer } from 'nearley';
import type { Span } from '../core/source.ts';
import type { EscapeCharacter } from './ast.ts';
import { type Body, KEYWORDS, keywordOf } from './keywords.ts';
import type { LogicalLine } from './logical-line.ts';
import { BLANK, SPACE, skipSpace } from './space.ts';

/** What the grammar sees: a moo token with its place. */
export interface Token {
  readonly type: string;
  /** As written. */
  readonly text: string;
  /** For a flag, its quotes and escapes resolved; for others as `text`. */
  readonly value: string;
  readonly line: LogicalLine;
  /** Offsets in the text of `line`. */
  readonly start: number;
  readonly end: number;
  readonly span: Span;
}

const TOKENS = [
  ...Object.keys(KEYWORDS),
  'AS',
  'flag',
  'text',
  'word',
  'name',
  'equals',
  'value',
  'legacyKey',
  'check',
  'open',
  'close',
  'comma',
  'string',
];

/** The names that the grammar may use; one that is not here is a slip in the grammar. */
export const tokenTypes = {
  has(type: string): boolean {
    if (TOKENS.includes(type)) return true;
    throw new Error(`the grammar names a token that the lexer does not make: ${type}`);
  },
};

/** Returns the lexer of Dockerfiles with this escapeCharacter character; `read` it a line, then feed it to nearley. */
export function makeLexer(escapeCharacter: EscapeCharacter): InstructionLexer {
  return new InstructionLexer(escapeCharacter);
}

export class InstructionLexer implements Lexer {
  readonly #moo: moo.Lexer;
  readonly #firstWord: RegExp;
  #line: LogicalLine | undefined;
  #body: Body = 'trigger';
  #inFlags = false;
  #at = 0;

  constructor(escapeCharacter: EscapeCharacter) {
    this.#moo = moo.states(states(escapeCharacter), 'keyword');
    this.#firstWord = new RegExp(`(?:${wordPieces(escapeCharacter, '=')})+`, 'y');
  }

  /** Starts on a line; the text that nearley then feeds must be the line's. */
  read(line: LogicalLine): void {
    this.#line = line;
  }

  reset(text: string): void {
    this.#moo.reset(text);
    this.#moo.setState('keyword');
    this.#inFlags = false;
    this.#at = 0;
  }

  next(): Token | undefined {
    for (;;) {
      this.#leaveFlags();
      const token = this.#moo.next();
      if (token === undefined) return undefined;
      this.#at = token.offset + token.text.length;
      if (token.type === 'space') continue;
      if (token.type === 'endOfFlags') {
        this.#inFlags = false;
        this.#enter(this.#body);
        continue;
      }
      const keyword = token.type === 'keyword' ? keywordOf(token.text) : undefined;
      if (keyword !== undefined) {
        this.#body = KEYWORDS[keyword].body;
        this.#inFlags = true;
        this.#moo.setState('flags');
      }
      if (token.type === 'check') this.#enter('command');
      return this.#place(token, keyword ?? token.type ?? '');
    }
  }

  save(): Record<string, never> {
    return {};
  }

  formatError(_token: unknown, message: string): string {
    return message;
  }

  #place(token: moo.Token, type: string): Token {
    if (this.#line === undefined) throw new Error('the lexer was fed a text before a line');
    const { offset: start, text, value } = token;
    const end = start + text.length;
    return { type, text, value, line: this.#line, start, end, span: this.#line.span(start, end) };
  }

  /** Flags end before the first word that does not start with `--`. */
  #leaveFlags(): void {
    if (!this.#inFlags) return;
    const text = this.#line?.text ?? '';
    const start = skipSpace(text, this.#at);
    if (start < text.length && text.startsWith('--', start)) return;
    this.#inFlags = false;
    this.#enter(this.#body);
  }

  #enter(body: Body): void {
    const text = this.#line?.text ?? '';
    const start = skipSpace(text, this.#at);
    this.#moo.setState(this.#stateFor(body, text, start));
  }

  #stateFor(body: Body, text: string, start: number): string {
    switch (body) {
      case 'command':
        return isJsonArray(text, start) ? 'json' : 'text';
      case 'paths':
        return isJsonArray(text, start) ? 'json' : 'words';
      case 'pairs':
        return this.#isLegacyPair(text, start) ? 'legacyPair' : 'pairs';
      case 'declarations':
        return 'pairs';
      case 'trigger':
        return 'keyword';
      default:
        return body;
    }
  }

  /** `ENV KEY value`: the first word has no equals sign. */
  #isLegacyPair(text: string, start: number): boolean {
    this.#firstWord.lastIndex = start;
    const matched = this.#firstWord.exec(text)?.[0].length ?? 0;
    return text[start + matched] !== '=';
  }
}

/** True where all of the text from `start` is a JSON array, of whatever. What is not reads as a shell's text. */
function isJsonArray(text: string, start: number): boolean {
  if (text[start] !== '[') return false;
  try {
    JSON.parse(text.slice(start));
    return true;
  } catch {
    return false;
  }
}

/** One piece of a word in which quotes and escapes keep white space (and `stop`) from ending it. */
function wordPieces(escapeCharacter: EscapeCharacter, stop = ''): string {
  const e = escapeCharacter === '\\' ? '\\\\' : escapeCharacter;
  const double = `"[^"${e}]*(?:${e}[^][^"${e}]*)*(?:"|${e}?$)`;
  return `[^${SPACE}'"${e}${stop}]+|${e}[^\\n]|${e}$|'[^']*'?|${double}`;
}

function states(escapeCharacter: EscapeCharacter): Record<string, moo.Rules> {
  const e = escapeCharacter === '\\' ? '\\\\' : escapeCharacter;
  const blank = new RegExp(`[${BLANK}]+`);
  const space = { match: new RegExp(`[${SPACE}]+`), lineBreaks: true };
  const text = /[^\n]+/;
  const quoted = (q: string) => `${q}[^${q}${e}]*(?:${e}[^][^${q}${e}]*)*(?:${q}|${e}?$)`;
  const flagPieces = `[^${SPACE}'"${e}]+|${e}[^\\n]|${e}$|${quoted("'")}|${quoted('"')}`;
  const value = (raw: string) => dropLastEscape(raw, escapeCharacter);
  const word = new RegExp(`[^${BLANK}\\n]+`);
  return {
    keyword: { space, keyword: word },
    flags: {
      space,
      endOfFlags: new RegExp(`--(?=[${SPACE}]|$)`),
      flag: {
        match: new RegExp(`--(?:${flagPieces})+`),
        value: (raw) => unquote(raw, escapeCharacter),
      },
    },
    text: { space, text },
    words: { space: blank, word },
    from: { space: blank, AS: /[aA][sS](?=[\t\v\f\r ]|$)/, word },
    check: { space, check: new RegExp(`[^${SPACE}]+`) },
    pairs: {
      space,
      name: {
        match: new RegExp(`(?:${wordPieces(escapeCharacter, '=')})+`),
        value,
        next: 'afterName',
      },
      misplacedEquals: '=',
    },
    afterName: {
      space: { ...space, next: 'pairs' },
      equals: { match: '=', next: 'afterEquals' },
    },
    afterEquals: {
      space: { ...space, next: 'pairs' },
      value: { match: new RegExp(`(?:${wordPieces(escapeCharacter)})+`), value, next: 'pairs' },
    },
    legacyPair: { space: blank, legacyKey: { match: word, next: 'text' } },
    json: {
      space,
      string: /"[^"\\\n]*(?:\\.[^"\\\n]*)*"/,
      open: '[',
      close: ']',
      comma: ',',
      notString: /[^\s"[\],]+/,
    },
  };
}

/** A flag's word without quotes and escapes. Unlike in a shell, escapes count in single quotes too. */
function unquote(raw: string, escapeCharacter: EscapeCharacter): string {
  let out = '';
  let quote: string | undefined;
  for (let i = 0; i < raw.length; i++) {
    const char = raw[i];
    if (char === escapeCharacter) out += raw[++i] ?? '';
    else if (char === quote) quote = undefined;
    else if (quote === undefined && (char === '"' || char === "'")) quote = char;
    else out += char;
  }
  return out;
}

/** An escapeCharacter character that ends the line with nothing to escapeCharacter is dropped. */
function dropLastEscape(raw: string, escapeCharacter: EscapeCharacter): string {
  if (!raw.endsWith(escapeCharacter)) return raw;
  let from = raw.length;
  while (from > 0 && raw[from - 1] === escapeCharacter) from--;
  return (raw.length - from) % 2 === 1 ? raw.slice(0, -1) : raw;
}
