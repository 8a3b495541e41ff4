// Variables, quotes and escapes in a word: `$NAME`, `${NAME:-word}` and the other forms that a shell
// has. One pass over the text; nesting and growth are limited, so that a hostile Dockerfile gets an
// error and never a full stack or memory.
// https://docs.docker.com/reference/dockerfile/#environment-replacement

import { BuildError } from '../../../core/errors.ts';
import { partsOf } from '../../../core/source.ts';
import { suggest } from '../../../core/suggest.ts';
import type { EscapeCharacter, Word } from '../../../grammar/ast.ts';
import { parsePattern, replacePattern, trimPattern } from './pattern.ts';
import { WordSplitter } from './word-splitter.ts';

/** How many `${` may stand inside each other. */
const DEPTH_LIMIT = 100;

/** How much longer than its text a word may become, in characters. */
const GROWTH_LIMIT = 1_048_576;

export interface Variables {
  get(name: string): string | undefined;
  /** The names that are set. */
  keys(): Iterable<string>;
}

export interface ExpandOptions {
  readonly escape: EscapeCharacter;
  /** What becomes of quotes: taken away (the default), kept but obeyed, or plain characters. */
  readonly quotes?: 'remove' | 'keep' | 'plain';
  /** Leaves references to variables that are not set as they are; otherwise they become ''. */
  readonly keepUnset?: boolean;
}

export interface Expansion {
  readonly text: string;
  /** `text` cut at white space that is neither quoted nor escaped. */
  readonly words: readonly string[];
  /** Names that were asked for and are set, or are not. */
  readonly matched: ReadonlySet<string>;
  readonly unmatched: ReadonlySet<string>;
}

/** Expands a word. Throws E_EXPANSION with the word's span where it is malformed or asks for it by `${NAME:?}`. */
export function expand(word: Word, variables: Variables, options: ExpandOptions): Expansion {
  return new Expander(word, variables, options).run();
}

class Expander {
  readonly #word: Word;
  readonly #text: string;
  readonly #variables: Variables;
  readonly #options: ExpandOptions;
  readonly #matched = new Set<string>();
  readonly #unmatched = new Set<string>();
  #at = 0;
  /** Where the variable or the quote starts that is being read. */
  #start = 0;
  #depth = 0;
  #grown = 0;
  #keepEscapes = false;

  constructor(word: Word, variables: Variables, options: ExpandOptions) {
    this.#word = word;
    this.#text = word.text;
    this.#variables = variables;
    this.#options = options;
  }

  run(): Expansion {
    const words = new WordSplitter();
    const text = this.#until(undefined, words);
    return { text, words: words.end(), matched: this.#matched, unmatched: this.#unmatched };
  }

  /** Expands up to `stop` (which is taken) or, without one, to the end. */
  #until(stop: string | undefined, words?: WordSplitter): string {
    let out = '';
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? '';
      if (char === stop) {
        this.#at++;
        return out;
      }
      if (char === '$') {
        const value = this.#from(() => this.#dollar());
        out += value;
        words?.add(value);
      } else if ((char === "'" || char === '"') && this.#options.quotes !== 'plain') {
        const quoted = this.#from(() =>
          char === "'" ? this.#singleQuoted() : this.#doubleQuoted(),
        );
        out += quoted;
        words?.addWhole(quoted);
      } else if (char === this.#options.escape) {
        const escaped = this.#escaped();
        out += escaped;
        words?.addWhole(escaped);
      } else {
        const plain = this.#plain(stop);
        out += plain;
        words?.add(plain);
      }
    }
    if (stop !== undefined) throw this.#error(`${stop} is missing`);
    return out;
  }

  /** The character here, which has no meaning, and those after it that have none either. */
  #plain(stop: string | undefined): string {
    const start = this.#at++;
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at] ?? '';
      if (char === stop || char === this.#options.escape || '$\'"'.includes(char)) break;
    }
    return this.#text.slice(start, this.#at);
  }

  /** Reads something that starts here: errors in it are shown from here on. */
  #from(read: () => string): string {
    const before = this.#start;
    this.#start = this.#at;
    const text = read();
    this.#start = before;
    return text;
  }

  /** The character after an escape; an escape that ends the text is dropped. */
  #escaped(): string {
    const char = this.#text[this.#at] ?? '';
    const next = this.#text[this.#at + 1] ?? '';
    this.#at += 2;
    return this.#keepEscapes ? char + next : next;
  }

  #singleQuoted(): string {
    const close = this.#text.indexOf("'", this.#at + 1);
    if (close === -1) throw this.#error('a single quote is not closed');
    const inner = this.#text.slice(this.#at + 1, close);
    this.#at = close + 1;
    return this.#quoted("'", inner);
  }

  #doubleQuoted(): string {
    const { escape: escapeCharacter } = this.#options;
    let out = '';
    this.#at++;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? '';
      if (char === '"') {
        this.#at++;
        return this.#quoted('"', out);
      }
      if (char === '$') {
        out += this.#from(() => this.#dollar());
        continue;
      }
      this.#at++;
      const next = this.#text[this.#at];
      const escapes = next === '"' || next === '$' || next === escapeCharacter;
      if (char !== escapeCharacter || this.#keepEscapes) out += char;
      if (char === escapeCharacter && escapes) {
        out += next;
        this.#at++;
      } else if (char === escapeCharacter && next !== undefined) out += char;
    }
    throw this.#error('a double quote is not closed');
  }

  #quoted(quote: string, inner: string): string {
    return this.#options.quotes === 'keep' ? quote + inner + quote : inner;
  }

  /** `$NAME` or `${...}`; a `$` with no name after it is itself. */
  #dollar(): string {
    this.#at++;
    if (this.#text[this.#at] === '{') return this.#braced();
    const name = this.#name();
    if (name === '') return '$';
    return this.#lookUp(name) ?? (this.#options.keepUnset ? `$${name}` : '');
  }

  #braced(): string {
    this.#at++;
    if (++this.#depth > DEPTH_LIMIT) throw this.#error(`more than ${DEPTH_LIMIT} \${ are nested`);
    const opened = this.#text[this.#at];
    if (opened === undefined) throw this.#error('} is missing');
    if (opened === '{' || opened === '}' || opened === ':')
      throw this.#error('a name is missing after ${');
    const value = this.#operation(this.#name());
    this.#depth--;
    return value;
  }

  /** What follows the name inside braces, up to and with the closing one. */
  #operation(name: string): string {
    const operator = this.#text[this.#at++];
    switch (operator) {
      case '}':
        return this.#lookUp(name) ?? (this.#options.keepUnset ? `\${${name}}` : '');
      case ':': {
        const modifier = this.#text[this.#at++];
        if (modifier === '-' || modifier === '+' || modifier === '?') {
          return this.#conditional(name, modifier, ':');
        }
        // Shells have more operators; where their text is only shown, it stays what it is.
        if (this.#options.keepUnset && modifier !== undefined && !'#%'.includes(modifier)) {
          const word = this.#nested('}', false);
          if (this.#lookUp(name) === undefined) return `\${${name}:${modifier}${word}}`;
        }
        throw this.#badOperator(`:${modifier ?? ''}`);
      }
      case '-':
      case '+':
      case '?':
        return this.#conditional(name, operator, '');
      case '#':
      case '%':
        return this.#trim(name, operator);
      case '/':
        return this.#replace(name);
      case undefined:
        throw this.#error('} is missing');
      default:
        throw this.#badOperator(operator);
    }
  }

  /** `${NAME-word}`, `+`, `?`; with a colon, an empty value counts as unset. */
  #conditional(name: string, operator: '-' | '+' | '?', colon: ':' | ''): string {
    const word = this.#nested('}', false);
    const value = this.#lookUp(name);
    if (value === undefined && this.#options.keepUnset) {
      return `\${${name}${colon}${operator}${word}}`;
    }
    const present = value !== undefined && !(colon && value === '');
    if (operator === '+') return present ? word : '';
    if (present) return value;
    if (operator === '-') return word;
    const reason =
      value === undefined ? 'is not allowed to be unset' : 'is not allowed to be empty';
    const near = value === undefined ? suggest(name, this.#variables.keys()) : undefined;
    throw this.#error(`${name}: ${word || reason}`, near && `Did you mean ${near}?`);
  }

  /** `${NAME#pattern}` and `%`; doubled, the longest match is taken away. */
  #trim(name: string, operator: '#' | '%'): string {
    const word = this.#nested('}', true);
    const value = this.#lookUp(name);
    if (value === undefined && this.#options.keepUnset) return `\${${name}${operator}${word}}`;
    const longest = word.startsWith(operator);
    const pattern = parsePattern(longest ? word.slice(1) : word);
    if (pattern === undefined) throw this.#error(`the pattern ${word} has an invalid escape`);
    const end = operator === '#' ? 'start' : 'end';
    return this.#affordable(trimPattern(value ?? '', pattern, end, longest));
  }

  /** `${NAME/pattern/replacement}`; with two slashes first, every match is replaced. */
  #replace(name: string): string {
    const all = this.#text[this.#at] === '/';
    if (all) this.#at++;
    const word = this.#nested('/', true);
    const replacement = this.#nested('}', true);
    const value = this.#lookUp(name);
    if (value === undefined && this.#options.keepUnset) {
      return `\${${name}/${word}/${replacement}}`;
    }
    const pattern = parsePattern(word);
    if (pattern === undefined) throw this.#error(`the pattern ${word} has an invalid escape`);
    const result = this.#affordable(replacePattern(value ?? '', pattern, replacement, all));
    this.#grow(result.length);
    return result;
  }

  #nested(stop: string, keepEscapes: boolean): string {
    const before = this.#keepEscapes;
    this.#keepEscapes = keepEscapes;
    const text = this.#until(stop);
    this.#keepEscapes = before;
    return text;
  }

  /** A name, a number, or one of the special parameters of a shell (which are never set). */
  #name(): string {
    const rest = /\p{Nd}+|[@*#?\-$!]|[\p{L}_][\p{L}\p{Nd}_]*/uy;
    rest.lastIndex = this.#at;
    const name = rest.exec(this.#text)?.[0] ?? '';
    this.#at += name.length;
    return name;
  }

  #lookUp(name: string): string | undefined {
    const value = this.#variables.get(name);
    (value === undefined ? this.#unmatched : this.#matched).add(name);
    this.#grow(value?.length ?? 0);
    return value;
  }

  #grow(by: number): void {
    this.#grown += by;
    if (this.#grown > GROWTH_LIMIT) throw this.#error('the word becomes too long');
  }

  #affordable(result: string | undefined): string {
    if (result === undefined) throw this.#error('the pattern takes too long to match');
    return result;
  }

  #badOperator(operator: string): BuildError {
    return this.#error(`\${NAME${operator}...} is not supported`);
  }

  #error(message: string, hint?: string): BuildError {
    const shown = this.#text.length > 80 ? `${this.#text.slice(0, 77)}...` : this.#text;
    const end = Math.min(this.#at, this.#text.length);
    return new BuildError('E_EXPANSION', `cannot expand ${shown}: ${message}`, {
      span: partsOf(this.#word.span, this.#text)(this.#start, Math.max(end, this.#start)),
      hint,
    });
  }
}
