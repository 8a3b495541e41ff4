// What counts as white space. The reference parser uses two notions: the ASCII blanks split words,
// Unicode's white space (without U+FEFF, which JavaScript adds, with U+0085, which it lacks) is
// trimmed and splits ENV, LABEL and ARG. All scans here are linear in the text.

/** For a character class: the blanks that split plain words. */
export const BLANK = '\\t\\v\\f\\r ';

/** For a character class: Unicode's White_Space. */
export const SPACE =
  '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const SPACE_CHARACTER = new RegExp(`[${SPACE}]`);

export function isSpace(character: string | undefined): boolean {
  return character !== undefined && SPACE_CHARACTER.test(character);
}

/** The first offset in `[at, end)` that is not white space; `end` where there is none. */
export function skipSpace(text: string, at: number, end: number = text.length): number {
  let i = at;
  while (i < end && isSpace(text[i])) i++;
  return i;
}

/** The offset after the last character before `end` that is not white space, at least `start`. */
export function trimEnd(text: string, start: number, end: number): number {
  let i = end;
  while (i > start && isSpace(text[i - 1])) i--;
  return i;
}
