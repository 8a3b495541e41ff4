// How many columns of a terminal a text takes: East Asian wide characters and emoji take two,
// combining marks none. Good enough to cut a line; terminals disagree about the rest.
// https://www.unicode.org/reports/tr11/

const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;

const NARROW = /^[\u0020-\u007e\u00a0-\u02ff]*$/;
const NO_WIDTH = /^\p{Mark}/u;

const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Returns the columns of `text`, one printable line. */
export function displayWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segments.segment(text)) width += segmentWidth(segment);
  return width;
}

/** Returns `text` where it fits into `columns`, else its beginning with `…` at the end. */
export function fitInto(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let fitted = '';
  let width = 0;
  for (const { segment } of segments.segment(text)) {
    width += segmentWidth(segment);
    if (width > columns - 1) break;
    fitted += segment;
  }
  return columns > 0 ? `${fitted}…` : '';
}

function segmentWidth(segment: string): number {
  if (WIDE.test(segment)) return 2;
  return NO_WIDTH.test(segment) ? 0 : 1;
}
