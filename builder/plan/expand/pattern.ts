// The patterns of `${NAME#pattern}` and `${NAME/pattern/text}`: `*` is any text, `?` any character, both
// within one line of the value; nothing else is special. Matching counts its steps and gives up at a limit, so that no pattern of a
// hostile Dockerfile can hold a build up.

/** Any text, any character, or this character. */
type Part = typeof ANY_TEXT | typeof ANY_CHARACTER | string;

const ANY_TEXT = Symbol('*');
const ANY_CHARACTER = Symbol('?');

export type Pattern = readonly Part[];

const STEP_LIMIT = 20_000_000;

/** Reads a pattern; `\*`, `\?`, `\\`, `\}` and `\/` stand for the character. Undefined for any other escape. */
export function parsePattern(text: string): Pattern | undefined {
  const parts: Part[] = [];
  const chars = [...text];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? '';
    if (char === '*') {
      if (parts.at(-1) !== ANY_TEXT) parts.push(ANY_TEXT);
    } else if (char === '?') parts.push(ANY_CHARACTER);
    else if (char === '\\') {
      const escaped = chars[++i];
      if (escaped === undefined || !'*?\\}/'.includes(escaped)) return undefined;
      parts.push(escaped);
    } else parts.push(char);
  }
  return parts;
}

/** Takes the shortest or longest match off the start or end of `value`. Undefined where it takes too many steps. */
export function trimPattern(
  value: string,
  pattern: Pattern,
  end: 'start' | 'end',
  longest: boolean,
): string | undefined {
  const chars = [...value];
  const matcher = new Matcher(
    end === 'start' ? chars : chars.reverse(),
    end === 'start' ? pattern : [...pattern].reverse(),
  );
  const matched = matcher.match(0, longest);
  if (matcher.exhausted) return undefined;
  if (matched === undefined) return value;
  const kept = matcher.chars.slice(matched);
  return (end === 'start' ? kept : kept.reverse()).join('');
}

/** Replaces the first match, or all, each as long as it can be. Undefined where it takes too many steps. */
export function replacePattern(
  value: string,
  pattern: Pattern,
  replacement: string,
  all: boolean,
): string | undefined {
  const matcher = new Matcher([...value], pattern);
  let out = '';
  let at = 0;
  let replaced = false;
  while (at <= matcher.chars.length && !matcher.exhausted) {
    const end = replaced && !all ? undefined : matcher.match(at, true);
    if (end !== undefined) {
      out += replacement;
      replaced = true;
    }
    if (end === undefined || end === at) out += matcher.chars[at++] ?? '';
    else at = end;
    if (out.length > STEP_LIMIT) return undefined;
  }
  return matcher.exhausted ? undefined : out;
}

/** Matches one pattern against one text, from given places. */
class Matcher {
  readonly chars: readonly string[];
  /** The parts between the `*`s. */
  readonly #segments: readonly (readonly Part[])[];
  #steps = 0;

  constructor(chars: readonly string[], pattern: Pattern) {
    this.chars = chars;
    const segments: Part[][] = [[]];
    for (const part of pattern) {
      if (part === ANY_TEXT) segments.push([]);
      else segments.at(-1)?.push(part);
    }
    this.#segments = segments;
  }

  get exhausted(): boolean {
    return this.#steps > STEP_LIMIT;
  }

  /** Returns the end of the shortest or longest match that starts at `start`, or undefined. */
  match(start: number, longest: boolean): number | undefined {
    const [first = [], ...rest] = this.#segments;
    if (!this.#fits(first, start)) return undefined;
    let at = start + first.length;
    for (const [index, segment] of rest.entries()) {
      const found =
        longest && index === rest.length - 1 ? this.#last(segment, at) : this.#next(segment, at);
      if (found === undefined) return undefined;
      at = found + segment.length;
    }
    return at;
  }

  #next(segment: readonly Part[], from: number): number | undefined {
    for (let at = from; at + segment.length <= this.chars.length && !this.exhausted; at++) {
      if (this.#fits(segment, at)) return at;
      if (this.chars[at] === '\n') return undefined;
    }
    return undefined;
  }

  #last(segment: readonly Part[], from: number): number | undefined {
    const lineEnd = this.chars.indexOf('\n', from);
    const most = lineEnd === -1 ? this.chars.length : lineEnd;
    for (
      let at = Math.min(most, this.chars.length - segment.length);
      at >= from && !this.exhausted;
      at--
    ) {
      if (this.#fits(segment, at)) return at;
    }
    return undefined;
  }

  #fits(segment: readonly Part[], at: number): boolean {
    if (at + segment.length > this.chars.length) return false;
    for (const [i, part] of segment.entries()) {
      this.#steps++;
      const char = this.chars[at + i];
      if (part === ANY_CHARACTER ? char === '\n' : part !== char) return false;
    }
    this.#steps++;
    return true;
  }
}
