// The few styles of the live view. Applied to text that was cut to its width before, since a style
// takes bytes and no columns.

export interface Style {
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly strong: (text: string) => string;
}

/** Returns the styles, or, without colour (https://no-color.org), functions that change nothing. */
export function makeStyle(colour: boolean): Style {
  const sgr = (code: number) => (text: string) =>
    colour && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { dim: sgr(2), good: sgr(32), bad: sgr(31), strong: sgr(1) };
}
