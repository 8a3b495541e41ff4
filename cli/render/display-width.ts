// How many columns of a terminal a text takes: East Asian wide characters and emoji take two,
// combining marks none. Good enough to cut a line; terminals disagree about the rest.
// https://www.unicode.org/reports/tr11/

const WIDE = String.raw`^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}`;

const NARROW = /^[\u0020-\u007e\u00a0-\u02ff]*$/;
/** Made when first needed: for this all of Unicode's tables are read, which takes 10 ms. */
let rules:
  | { readonly wide: RegExp; readonly noWidth: RegExp; readonly segments: Intl.Segmenter }
  | undefined;

function unicode(): NonNullable<typeof rules> {
  rules ??= {
    wide: new RegExp(WIDE, 'u'),
    noWidth: /^\p{Mark}/u,
    segments: new Intl.Segmenter(undefined, { granularity: 'grapheme' }),
  };
  return rules;
}

/** Returns the columns of `text`, one printable line. */
export function displayWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const { segment } of unicode().segments.segment(text)) width += segmentWidth(segment);
  return width;
}

/** Returns `text` where it fits into `columns`, else its beginning with `…` at the end. */
export function fitInto(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let fitted = '';
  let width = 0;
  for (const { segment } of unicode().segments.segment(text)) {
    width += segmentWidth(segment);
    if (width > columns - 1) break;
    fitted += segment;
  }
  return columns > 0 ? `${fitted}…` : '';
}

function segmentWidth(segment: string): number {
  const { wide, noWidth } = unicode();
  if (wide.test(segment)) return 2;
  return noWidth.test(segment) ? 0 : 1;
}
