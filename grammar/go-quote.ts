// Strings as Go's %q prints them. The reference's golden files and its image history are written in
// that form, so ours are too.

const NAMED: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Quotes `text` with double quotes; control characters are escaped, all else stays as it is. */
export function goQuote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  const escaped = text.replace(/["\\\u0000-\u001f\u007f]/g, (char) => {
    const code = char.charCodeAt(0).toString(16).padStart(2, '0');
    return NAMED[char] ?? `\\x${code}`;
  });
  return `"${escaped}"`;
}
