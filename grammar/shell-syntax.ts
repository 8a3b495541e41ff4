// Where quotes and `${...}` end, as the reference's shell lexer sees them. Nothing is expanded: this
// only tells a text that is well formed from one in which no heredoc markers are looked for.
// Escapes are backslashes, whatever the escape directive says.

/** How many `${` may stand inside each other. */
const DEPTH_LIMIT = 100;

const NAME = /\p{Nd}+|[@*#?\-$!]|[\p{L}_][\p{L}\p{Nd}_]*/uy;

/** The offset after the quote that `text[at]` opens and all up to its end; undefined where it is not closed. */
export function quoteEnd(text: string, at: number, depth = 0): number | undefined {
  if (text[at] === "'") {
    const close = text.indexOf("'", at + 1);
    return close === -1 ? undefined : close + 1;
  }
  for (let i: number | undefined = at + 1; i !== undefined && i < text.length; ) {
    const char = text[i];
    if (char === '"') return i + 1;
    if (char === '\\') i += 2;
    else if (char === '$') i = dollarEnd(text, i, depth);
    else i++;
  }
  return undefined;
}

/** The offset after the `$`, `$NAME` or `${...}` at `text[at]`; undefined where it is malformed. */
export function dollarEnd(text: string, at: number, depth = 0): number | undefined {
  if (text[at + 1] !== '{') return nameEnd(text, at + 1);
  const first = text[at + 2];
  if (depth === DEPTH_LIMIT || first === undefined || '{}:'.includes(first)) return undefined;
  const end = nameEnd(text, at + 2);
  switch (text[end]) {
    case '}':
      return end + 1;
    case ':':
      return '#%'.includes(text[end + 1] ?? '#') ? undefined : wordEnd(text, end + 2, '}', depth);
    case '+':
    case '-':
    case '?':
    case '#':
    case '%':
      return wordEnd(text, end + 1, '}', depth);
    case '/': {
      const pattern = text[end + 1] === '/' ? end + 2 : end + 1;
      const replacement = wordEnd(text, pattern, '/', depth);
      return replacement === undefined ? undefined : wordEnd(text, replacement, '}', depth);
    }
    default:
      return undefined;
  }
}

function nameEnd(text: string, at: number): number {
  NAME.lastIndex = at;
  return at + (NAME.exec(text)?.[0].length ?? 0);
}

/** The offset after the `stop` that ends the word of an operator. */
function wordEnd(text: string, at: number, stop: string, depth: number): number | undefined {
  for (let i: number | undefined = at; i !== undefined && i < text.length; ) {
    const char = text[i];
    if (char === stop) return i + 1;
    if (char === '\\') i += 2;
    else if (char === '$') i = dollarEnd(text, i, depth + 1);
    else if (char === '"' || char === "'") i = quoteEnd(text, i, depth + 1);
    else i++;
  }
  return undefined;
}
