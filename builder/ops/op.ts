// An op: one vertex of the graph, bound to the snapshots that it starts from. The scheduler asks for
// its key, looks for a record, and runs it where there is none; it knows no instruction.

import type { CacheRecord, KeyParts } from '../../cache/records.ts';
import type { StepUsage } from '../../core/events.ts';
import type { Observation } from '../../core/step-reason.ts';
import type { Entry } from '../../image/entry.ts';
import type { LayerContents } from '../../image/layer.ts';
import type { Comparison } from '../../image/reads/compare-reads.ts';

export interface Op {
  /**
   * Everything that the result depends on, as readable parts. Reuse of a record is correct only if
   * two ops with equal parts make equal trees.
   */
  key(): Promise<KeyParts>;
  /**
   * Everything that the op's layer depends on but the input itself; undefined where the whole input counts. What the op
   * looks up in its input is in it, where that is known beforehand; else `compare` says whether it is the same.
   */
  keyOnAnyInput?(): Promise<KeyParts | undefined>;
  /**
   * Whether a record with the same key on any input, but made on another one, holds for this one. Absent where every
   * such record does.
   */
  compare?(record: CacheRecord): Comparison | Untraced;
  /** Does the work. The folder of a RUN's layer is given back as `folder`. */
  run(step: StepReporter): Promise<OpResult>;
  /** Where the file that a COPY put at `path` stands in its source; undefined where it came out of an archive or was fetched. */
  sourceOf?(path: string): Promise<string | undefined>;
  /** Where the bytes of the op's layer can be had again, without running it; undefined where only the store has them. */
  contents(): Promise<LayerContents | undefined>;
}

export interface OpResult {
  /** What changed, in canonical order; empty where nothing did. */
  readonly entries: Iterable<Entry>;
  /** A folder that holds the layer unpacked as `fs/`, to be kept in the store. */
  readonly folder?: string;
  /** What was seen of it where it was observed. */
  readonly observed?: Observation | undefined;
}

/** What the step read for that record is not known, or is not to decide. */
export interface Untraced {
  readonly kind: 'untraced';
  readonly why: string;
}

/** Takes what a running step has to say. */
export interface StepReporter {
  log(stream: 'stdout' | 'stderr', line: string): void;
  /** Told once, at the end of a command, whether or not it failed. */
  usage?(usage: StepUsage): void;
  /** Whether what the step looks at in its input is to be seen, where the op can do that. */
  readonly observe?: boolean;
}
