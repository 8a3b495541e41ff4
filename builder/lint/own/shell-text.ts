// Reads the text of a RUN as the commands that a POSIX shell would see in it, so that rules can ask
// which programs are run and how. It reads the raw source, so every command keeps its place; it
// expands nothing and looks into no substitution. Text that is no proper shell gives commands all the
// same, never an error: rules that are unsure stay silent.

import type { SourceText, Span } from '../../../core/source.ts';
import type { EscapeCharacter } from '../../../grammar/ast.ts';

/** What stands between a command and the one before it. */
export type Joint = 'start' | '&&' | '||' | '|' | ';';

export interface ShellCommand {
  /** Its words without quotes and escapes; `$x` and `$(...)` as written. Redirections are left out. */
  readonly words: readonly string[];
  readonly joint: Joint;
  /** True where `<` or `>` stands in it. */
  readonly redirects: boolean;
  readonly span: Span;
}

interface Place {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

/**
 * Returns the commands of `[start, end)` in order. With `mark` (the escape character) the text is an instruction's, whose lines are
 * continued by it, and whose comment and blank lines inside are no part of it; without, it is a script's.
 */
export function readShellText(place: Place, mark: EscapeCharacter | undefined): ShellCommand[] {
  return new ShellReader(place, mark).run();
}

const OPERATORS: readonly (readonly [string, Joint])[] = [
  ['&&', '&&'],
  ['||', '||'],
  [';;', ';'],
  ['|&', '|'],
  ['|', '|'],
  ['&', ';'],
  [';', ';'],
  ['\n', ';'],
  ['(', ';'],
  [')', ';'],
];

const BLANKS = ' \t\r\v\f';

class ShellReader {
  readonly #source: SourceText;
  readonly #text: string;
  readonly #end: number;
  readonly #escape: EscapeCharacter | undefined;
  readonly #commands: ShellCommand[] = [];
  #at: number;
  #words: string[] = [];
  #from = 0;
  #to = 0;
  #joint: Joint = 'start';
  /** True after `>` or `<`: the next word names a file. */
  #redirected = false;
  #redirects = false;

  constructor({ source, start, end }: Place, mark: EscapeCharacter | undefined) {
    this.#source = source;
    this.#text = source.text;
    this.#at = start;
    this.#end = end;
    this.#escape = mark;
  }

  run(): ShellCommand[] {
    while (this.#at < this.#end) this.#step();
    this.#finish('start');
    return this.#commands;
  }

  #step(): void {
    const char = this.#text[this.#at] ?? '';
    if (BLANKS.includes(char)) this.#at++;
    else if (this.#skipContinuation()) return;
    else if (char === '#') this.#skipComment();
    else if (!this.#operator() && !this.#redirection()) this.#word();
  }

  #operator(): boolean {
    const found = OPERATORS.find(([mark]) => this.#text.startsWith(mark, this.#at));
    if (found === undefined) return false;
    const [mark, joint] = found;
    // `&>file` is a redirection.
    if (mark === '&' && this.#text[this.#at + 1] === '>') return false;
    this.#at += mark.length;
    this.#finish(joint);
    return true;
  }

  /** `>`, `2>&1`, `<<<`: takes the operator; the word after it is dropped. */
  #redirection(): boolean {
    const match = /(?:\d{0,2}|&)(?:<<<|<<-?|>>|<>|>\||[<>])(?:&[\d-]+)?/y;
    match.lastIndex = this.#at;
    const [mark] = match.exec(this.#text) ?? [];
    if (mark === undefined) return false;
    this.#at += mark.length;
    this.#redirected = !/&[\d-]+$/.test(mark);
    this.#redirects = true;
    return true;
  }

  #word(): void {
    const start = this.#at;
    let word = '';
    while (this.#at < this.#end) {
      const char = this.#text[this.#at] ?? '';
      if (this.#continues()) break;
      if (BLANKS.includes(char) || '\n;&|()<>'.includes(char)) break;
      word += this.#piece(char);
    }
    if (!this.#redirected) {
      if (this.#words.length === 0) this.#from = start;
      this.#words.push(word);
    }
    this.#redirected = false;
    this.#to = this.#at;
  }

  /** A part of a word: a quoted text, a substitution, an escaped or a plain character. */
  #piece(char: string): string {
    if (char === "'") return this.#until("'", 1);
    if (char === '"') return this.#doubleQuoted();
    if (char === '`') return this.#raw(() => this.#until('`', 1));
    if (char === '$' && /[({]/.test(this.#text[this.#at + 1] ?? '')) {
      return this.#raw(() => this.#balanced());
    }
    if (char === '\\') {
      this.#at += 2;
      return this.#text[this.#at - 1] ?? '';
    }
    this.#at++;
    return char;
  }

  #doubleQuoted(): string {
    let out = '';
    this.#at++;
    while (this.#at < this.#end) {
      const char = this.#text[this.#at] ?? '';
      if (char === '"') break;
      if (this.#skipContinuation()) continue;
      if (char === '$' && /[({]/.test(this.#text[this.#at + 1] ?? '')) {
        out += this.#raw(() => this.#balanced());
        continue;
      }
      if (char === '\\') this.#at++;
      out += this.#text[this.#at] ?? '';
      this.#at++;
    }
    this.#at++;
    return out;
  }

  /** Takes `skip` characters and all up to `mark`, which is taken too; returns what stands between. */
  #until(mark: string, skip: number): string {
    const start = this.#at + skip;
    const found = this.#text.indexOf(mark, start);
    const end = found === -1 || found > this.#end ? this.#end : found;
    this.#at = end + 1;
    return this.#text.slice(start, end);
  }

  /** Takes `$(...)` or `${...}` with all brackets inside it. Quotes are passed over. */
  #balanced(): void {
    const close = this.#text[this.#at + 1] === '(' ? ')' : '}';
    const open = close === ')' ? '(' : '{';
    let depth = 0;
    for (this.#at++; this.#at < this.#end; this.#at++) {
      const char = this.#text[this.#at] ?? '';
      if (char === '\\') this.#at++;
      else if (char === "'") this.#at = this.#closing("'");
      else if (char === open) depth++;
      else if (char === close && --depth === 0) break;
    }
    this.#at++;
  }

  #closing(mark: string): number {
    const found = this.#text.indexOf(mark, this.#at + 1);
    return found === -1 ? this.#end : found;
  }

  #raw(take: () => unknown): string {
    const start = this.#at;
    take();
    return this.#text.slice(start, Math.min(this.#at, this.#end));
  }

  /** An instruction is one line to its shell, so a comment in it goes to its end. */
  #skipComment(): void {
    const feed = this.#escape === undefined ? this.#text.indexOf('\n', this.#at) : -1;
    this.#at = feed === -1 ? this.#end : feed;
  }

  /** True where the line ends here and goes on below. */
  #continues(): boolean {
    const char = this.#text[this.#at];
    if (char !== '\\' && (this.#escape === undefined || char !== this.#escape)) return false;
    let at = this.#at + 1;
    while (this.#escape !== undefined && BLANKS.includes(this.#text[at] || '.')) at++;
    if (this.#text[at] === '\r') at++;
    return this.#text[at] === '\n';
  }

  /** Takes the end of a continued line and, in an instruction, the comment and blank lines after it. */
  #skipContinuation(): boolean {
    if (!this.#continues()) return false;
    this.#at = this.#text.indexOf('\n', this.#at) + 1;
    const noText = /[^\S\n]*(?:#[^\n]*)?\n/y;
    while (this.#escape !== undefined) {
      noText.lastIndex = this.#at;
      const [line] = noText.exec(this.#text) ?? [];
      if (line === undefined || this.#at + line.length > this.#end) break;
      this.#at += line.length;
    }
    return true;
  }

  #finish(joint: Joint): void {
    if (this.#words.length > 0) {
      const span = { source: this.#source, start: this.#from, end: Math.min(this.#to, this.#end) };
      const words = this.#words;
      this.#commands.push({ words, joint: this.#joint, redirects: this.#redirects, span });
      this.#words = [];
      this.#joint = joint;
    } else if (this.#commands.length === 0) this.#joint = 'start';
    else if (joint !== ';') this.#joint = joint;
    this.#redirected = false;
    this.#redirects = false;
  }
}
