// Offsets to line numbers, many of them in one text: the line ends are looked for once.

import type { SourceText } from './source.ts';

/** Returns a function from an offset to its line, counted from 1, as `positionAt` does. */
export function lineFinder({ text }: SourceText): (offset: number) => number {
  let feeds: number[] | undefined;
  return (offset) => {
    feeds ??= lineFeeds(text);
    let low = 0;
    let high = feeds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((feeds[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

function lineFeeds(text: string): number[] {
  const feeds: number[] = [];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) feeds.push(at);
  return feeds;
}
