// An op: one vertex of the graph, bound to the snapshots that it starts from. The scheduler asks for
// its key, looks for a record, and runs it where there is none; it knows no instruction.

import type { KeyParts } from '../../cache/records.ts';
import type { StepUsage } from '../../core/events.ts';
import type { Entry } from '../../image/entry.ts';
import type { LayerContents } from '../../image/layer.ts';

export interface Op {
  /**
   * Everything that the result depends on, as readable parts. Reuse of a record is correct only if
   * two ops with equal parts make equal trees.
   */
  key(): Promise<KeyParts>;
  /**
   * Everything that the op's layer depends on, with what it looks up in its input in place of the input
   * itself: two ops with equal parts make the same layer, on whatever it is put. Absent where the whole
   * input counts.
   */
  keyOnAnyInput?(): Promise<KeyParts>;
  /** Does the work. The folder of a RUN's layer is given back as `folder`. */
  run(step: StepReporter): Promise<OpResult>;
  /** Where the bytes of the op's layer can be had again, without running it; undefined where only the store has them. */
  contents(): Promise<LayerContents | undefined>;
}

export interface OpResult {
  /** What changed, in canonical order; empty where nothing did. */
  readonly entries: readonly Entry[];
  /** A folder that holds the layer unpacked as `fs/`, to be kept in the store. */
  readonly folder?: string;
}

/** Takes what a running step has to say. */
export interface StepReporter {
  log(stream: 'stdout' | 'stderr', line: string): void;
  /** Told once, at the end of a command, whether or not it failed. */
  usage?(usage: StepUsage): void;
}
