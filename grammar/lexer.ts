// A logical instruction -> tokens. moo cuts the text by the rules of a state; this wrapper chooses
// the state where the language depends on context: the keyword says how its arguments read, flags
// end where a word does not start with `--`, and a JSON array is one only if all of it is JSON.
// White space between tokens is dropped.

import moo from 'moo';
import type { Lexer } from 'nearley';
import type { Span } from '../core/source.ts';
import type { EscapeCharacter } from './ast.ts';
import { type Body, KEYWORDS, keywordOf } from './keywords.ts';
import type { LogicalLine } from './lines/logical-line.ts';
import { skipSpace } from './lines/space.ts';
import { quotedWord, tokenRules } from './token-rules.ts';

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
  'end',
];

/** The names that the grammar may use; one that is not here is a slip in the grammar. */
export const tokenTypes = {
  has(type: string): boolean {
    if (TOKENS.includes(type)) return true;
    throw new Error(`the grammar names a token that the lexer does not make: ${type}`);
  },
};

/** States that follow each other without our doing. */
const LINKED = [
  ['firstWord', 'words'],
  ['fromFirst', 'from'],
  ['legacyPair', 'legacyValue'],
];

/** The lexer of Dockerfiles with one escape character. `read` it a line, then feed nearley that line's text. */
export class InstructionLexer implements Lexer {
  readonly #rules: Record<string, moo.Rules>;
  /** By state. Each is made when it is entered: most Dockerfiles need half of them, and moo tries each pattern first. */
  readonly #lexers = new Map<string, moo.Lexer>();
  readonly #firstWord: RegExp;
  #moo: moo.Lexer;
  /** Where the text begins that `#moo` has. */
  #base = 0;
  #line: LogicalLine | undefined;
  #body: Body = 'trigger';
  #inFlags = false;
  #at = 0;
  #ended = false;
  /** Tokens that were cut from one of moo's and are still to be given out. */
  #cut: Token[] = [];

  constructor(escapeCharacter: EscapeCharacter) {
    this.#rules = tokenRules(escapeCharacter);
    this.#firstWord = new RegExp(quotedWord(escapeCharacter), 'y');
    this.#moo = this.#lexerOf('keyword');
  }

  /** Starts on a line; the text that nearley then feeds must be the line's. */
  read(line: LogicalLine): void {
    this.#line = line;
  }

  reset(text: string): void {
    this.#inFlags = false;
    this.#at = 0;
    this.#ended = false;
    this.#cut = [];
    this.#enter('keyword', text);
  }

  next(): Token | undefined {
    for (;;) {
      const cut = this.#cut.shift();
      if (cut !== undefined) return cut;
      if (this.#inFlags) this.#enterFlagsOrBody();
      const token = this.#moo.next();
      if (token === undefined) return this.#end();
      token.offset += this.#base;
      this.#at = token.offset + token.text.length;
      if (token.type === 'space') continue;
      if (token.type === 'endOfFlags') {
        this.#inFlags = false;
        this.#enterBody(this.#body);
        continue;
      }
      const keyword = token.type === 'keyword' ? keywordOf(token.text) : undefined;
      if (keyword !== undefined) {
        this.#body = KEYWORDS[keyword].body;
        this.#inFlags = true;
      }
      if (token.type === 'pair') {
        this.#cut = this.#cutPair(token);
        continue;
      }
      if (token.type === 'check') this.#enterBody('command');
      return this.#place(token, keyword ?? token.type ?? '');
    }
  }

  save(): Record<string, never> {
    return {};
  }

  formatError(_token: unknown, message: string): string {
    return message;
  }

  /** `NAME=value` is cut at its first equals sign, whether that is quoted or not. */
  #cutPair(token: moo.Token): Token[] {
    const { offset, text, value } = token;
    const equals = text.indexOf('=');
    if (equals === -1) return [this.#place(token, 'name')];
    const after = offset + equals;
    const sign = { offset: after, text: '=', value: '=' };
    if (equals === 0) return [this.#place(sign, 'misplacedEquals')];
    const name = text.slice(0, equals);
    const parts = [
      this.#place({ offset, text: name, value: name }, 'name'),
      this.#place(sign, 'equals'),
    ];
    if (after + 1 === offset + text.length) return parts;
    const rest = {
      offset: after + 1,
      text: text.slice(equals + 1),
      value: value.slice(equals + 1),
    };
    return [...parts, this.#place(rest, 'value')];
  }

  /** One token for the end of the line. */
  #end(): Token | undefined {
    if (this.#ended) return undefined;
    this.#ended = true;
    const offset = this.#line?.text.length ?? 0;
    return this.#place({ offset, text: '', value: '' }, 'end');
  }

  #place(token: Pick<moo.Token, 'offset' | 'text' | 'value'>, type: string): Token {
    if (this.#line === undefined) throw new Error('the lexer was fed a text before a line');
    const { offset: start, text, value } = token;
    const end = start + text.length;
    return { type, text, value, line: this.#line, start, end, span: this.#line.span(start, end) };
  }

  /** Flags end before the first word that does not start with `--`. */
  #enterFlagsOrBody(): void {
    const text = this.#line?.text ?? '';
    if (text.startsWith('--', skipSpace(text, this.#at))) {
      this.#enter('flags', text);
      return;
    }
    this.#inFlags = false;
    this.#enterBody(this.#body);
  }

  #enterBody(body: Body): void {
    const text = this.#line?.text ?? '';
    this.#enter(this.#stateFor(body, text, skipSpace(text, this.#at)), text);
  }

  /** What follows in `text` is read by the rules of `state`. */
  #enter(state: string, text: string): void {
    this.#moo = this.#lexerOf(state);
    this.#base = this.#at;
    this.#moo.reset(text.slice(this.#at));
    this.#moo.setState(state);
  }

  #lexerOf(state: string): moo.Lexer {
    const known = this.#lexers.get(state);
    if (known !== undefined) return known;
    const names = LINKED.find((linked) => linked.includes(state)) ?? [state];
    const made = moo.states(
      Object.fromEntries(names.map((name) => [name, this.#rules[name] ?? {}])),
    );
    for (const name of names) this.#lexers.set(name, made);
    return made;
  }

  #stateFor(body: Body, text: string, start: number): string {
    switch (body) {
      case 'command':
        return isJsonArray(text, start) ? 'json' : 'text';
      case 'paths':
        return isJsonArray(text, start) ? 'json' : 'firstWord';
      case 'pairs':
        return this.#isLegacyPair(text, start) ? 'legacyPair' : 'pairs';
      case 'declarations':
        return 'pairs';
      case 'words':
        return 'firstWord';
      case 'from':
        return 'fromFirst';
      case 'trigger':
        return 'keyword';
      default:
        return body;
    }
  }

  /** `ENV KEY value`: the first word has no equals sign. */
  #isLegacyPair(text: string, start: number): boolean {
    this.#firstWord.lastIndex = start;
    return !this.#firstWord.exec(text)?.[0].includes('=');
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
