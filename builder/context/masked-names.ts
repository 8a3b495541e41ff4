// Names of files in a form that fast-glob lists: its patterns do not match a line end, so that a file
// whose name has one would be left out in silence. A line end goes in as a lone surrogate which stands for
// no byte (those of core/names.ts begin at U+DC80).

/** What a RegExp's `.` does not match. */
const LINE_ENDS = ['\n', '\r', '\u2028', '\u2029'];
const MASKS = ['\udc00', '\udc01', '\udc02', '\udc03'];

/** Returns `name` without line ends. */
export function maskName(name: string): string {
  return name.replace(/[\n\r\u2028\u2029]/g, (end) => MASKS[LINE_ENDS.indexOf(end)] ?? end);
}

/** Returns the path with the names that files have. */
export function unmaskNames(path: string): string {
  return path.replace(/[\udc00-\udc03]/g, (mask) => LINE_ENDS[MASKS.indexOf(mask)] ?? mask);
}
