// Where the bytes of placed files are: what was placed from one source stands together, in the order of arrival.

import type { CopySource } from './source.ts';

/** Gives the contents of files: a source, or an archive in one. */
export type ContentSource = Pick<CopySource, 'read' | 'places'>;

/** A file's place in its source. */
export interface Origin {
  readonly source: ContentSource;
  readonly path: string;
}

interface Stretch {
  /** The number of its first entry. */
  readonly from: number;
  readonly source: ContentSource;
  readonly pathOf: (path: string) => string;
}

export class Origins {
  readonly #stretches: Stretch[] = [];

  /** What arrives from the number `from` on is of `source`; `pathOf` makes of its path in the image the one there. */
  begin(from: number, source: ContentSource, pathOf: (path: string) => string): void {
    this.#stretches.push({ from, source, pathOf });
  }

  /** All that something came from. */
  get sources(): ReadonlySet<ContentSource> {
    return new Set(this.#stretches.map(({ source }) => source));
  }

  /** The origin of what is at `path`; `numberOf` tells when it arrived. Undefined where nothing was said of it. */
  of(path: string, numberOf: (path: string) => number | undefined): Origin | undefined {
    const [first, second] = this.#stretches;
    const stretch = second === undefined ? first : this.#with(numberOf(path) ?? -1);
    return stretch && { source: stretch.source, path: stretch.pathOf(path) };
  }

  /** The stretch in which `number` arrived. */
  #with(number: number): Stretch | undefined {
    let [low, high] = [0, this.#stretches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#stretches[middle]?.from ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    return this.#stretches[low - 1];
  }
}
