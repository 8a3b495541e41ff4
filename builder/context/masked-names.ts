// Names of folders in a form that fast-glob goes through: its patterns do not match a line end, and it takes
// a backslash for a slash. These go in as lone surrogates which stand for no byte (those of core/names.ts
// begin at U+DC80).

const CHARS = ['\n', '\r', '\u2028', '\u2029', '\\'];
const MASKS = ['\udc00', '\udc01', '\udc02', '\udc03', '\udc04'];

/** Returns `name` without such characters. */
export function maskName(name: string): string {
  return name.replace(/[\n\r\u2028\u2029\\]/g, (char) => MASKS[CHARS.indexOf(char)] ?? char);
}

/** Returns the path with the names that folders have. */
export function unmaskNames(path: string): string {
  return path.replace(/[\udc00-\udc04]/g, (mask) => CHARS[MASKS.indexOf(mask)] ?? mask);
}
