// The patterns of tokens, state by state, for moo. Each is linear: nothing follows a repetition that
// could make it try again.

import type moo from 'moo';
import type { EscapeCharacter } from './ast.ts';
import { BLANK, SPACE } from './lines/space.ts';

/** A word in which quotes and escapes keep white space from ending it. */
export function quotedWord(escapeCharacter: EscapeCharacter): string {
  const e = escapeCharacter === '\\' ? '\\\\' : escapeCharacter;
  const double = `"[^"${e}]*(?:${e}[^][^"${e}]*)*(?:"|${e}?$)`;
  return `(?:[^${SPACE}'"${e}]+|${e}[^\\n]|${e}$|'[^']*'?|${double})+`;
}

/** Returns the rules of every lexer state for Dockerfiles with this escape character. */
export function tokenRules(escapeCharacter: EscapeCharacter): Record<string, moo.Rules> {
  const e = escapeCharacter === '\\' ? '\\\\' : escapeCharacter;
  const blank = new RegExp(`[${BLANK}]+`);
  const space = { match: new RegExp(`[${SPACE}]+`), lineBreaks: true };
  const text = /[^\n]+/;
  const quoted = (q: string) => `${q}[^${q}${e}]*(?:${e}[^][^${q}${e}]*)*(?:${q}|${e}?$)`;
  const flagPieces = `[^${SPACE}'"${e}]+|${e}[^\\n]|${e}$|${quoted("'")}|${quoted('"')}`;
  const value = (raw: string) => dropLastEscape(raw, escapeCharacter);
  const word = new RegExp(`[^${BLANK}\\n]+`);
  const as = new RegExp(`[aA][sS](?=[${BLANK}]|$)`);
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
    // White space of any kind stands before the arguments; between them, only blanks split words.
    firstWord: { space, word: { match: word, next: 'words' } },
    words: { space: blank, word },
    fromFirst: { space, AS: { match: as, next: 'from' }, word: { match: word, next: 'from' } },
    from: { space: blank, AS: as, word },
    check: { space, check: new RegExp(`[^${SPACE}]+`) },
    pairs: { space, pair: { match: new RegExp(quotedWord(escapeCharacter)), value } },
    legacyPair: { space, legacyKey: { match: word, next: 'legacyValue' } },
    legacyValue: { space: blank, text },
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

/** An escape character that ends the line with nothing to escape is dropped. */
function dropLastEscape(raw: string, escapeCharacter: EscapeCharacter): string {
  if (!raw.endsWith(escapeCharacter)) return raw;
  let from = raw.length;
  while (from > 0 && raw[from - 1] === escapeCharacter) from--;
  return (raw.length - from) % 2 === 1 ? raw.slice(0, -1) : raw;
}
