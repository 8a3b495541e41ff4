// What would have made past builds cheaper, as data. Only what the history and the read sets prove.

export interface Advice {
  readonly kind: 'move' | 'narrow' | 'ignore' | 'cache-mount';
  /** Of the line to change: `Dockerfile:12`. */
  readonly place: string | undefined;
  /** The step that stands there. */
  readonly step: string;
  /** What to do, and why: sentences. */
  readonly what: string;
  readonly why: string;
  /** How often steps of the kept builds ran for nothing, and how long that took. */
  readonly times: number;
  readonly savedMs: number;
  /** Bytes that the image would have less. */
  readonly savedBytes: number;
}
