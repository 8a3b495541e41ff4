// Where a text has a line for the last time: tells whether a heredoc of a broken instruction has an end
// without reading the rest of the file for each. Made on first use, in one pass.

export class LastLines {
  readonly #text: string;
  #starts: ReadonlyMap<string, number> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The offset at which the last line that is `line` starts (after leading tabs where `stripTabs`), or -1. */
  startOf(line: string, stripTabs: boolean): number {
    this.#starts ??= this.#index();
    const exact = this.#starts.get(line) ?? -1;
    return stripTabs ? Math.max(exact, this.#starts.get(`\t${line}`) ?? -1) : exact;
  }

  /** Lines by their text; a line with leading tabs also as if it had one. */
  #index(): Map<string, number> {
    const starts = new Map<string, number>();
    let start = 0;
    for (const whole of this.#text.split('\n')) {
      const line = whole.replace(/\r$/, '');
      starts.set(line, start);
      if (line.startsWith('\t')) starts.set(line.replace(/^\t+/, '\t'), start);
      start += whole.length + 1;
    }
    return starts;
  }
}
