// The file of what the reference made of one topic's cases: a head with the case's name, then the
// lines of its image, or the one word `refused`.

/** By the case's name. */
export type Expected = ReadonlyMap<string, readonly string[]>;

export const REFUSED = 'refused';

/** Reads such a file. */
export function parseExpected(text: string): Expected {
  const sections = text.split(/^=== /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [name = '', ...lines] = section.trimEnd().split('\n');
      return [name, lines.filter((line) => line !== '')];
    }),
  );
}

/** The text of such a file. */
export function formatExpected(expected: Expected): string {
  return [...expected]
    .map(([name, lines]) => [`=== ${name}`, ...lines, '', ''].join('\n'))
    .join('');
}

/** The paths whose time is said in `lines`, by what a line of them starts with. */
export function timedPaths(lines: readonly string[]): (path: string) => boolean {
  const timed = new Set(
    lines
      .filter((line) => / @-?\d+$/.test(line))
      .map((line) => /^\S+ \d+ \d+:\d+ ("(?:[^"\\]|\\.)*"|\S+)/.exec(line)?.[1] ?? ''),
  );
  return (path) => timed.has(path) || timed.has(JSON.stringify(path));
}
