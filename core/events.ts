// What a build says while it runs. The terminal view, the plain log, the JSON log and the report
// are readers of this one stream; nothing in the builder prints.

import type { Digest } from './digest.ts';
import type { ErrorCode } from './error-codes.ts';
import type { PathOrigin } from './path-origin.ts';
import type { Span } from './source.ts';
import type { Observation, StepReason } from './step-reason.ts';

/** How a step's result came about. */
export type StepStatus = 'ran' | 'exact' | 'traced' | 'failed';

export type BuildEvent =
  | BuildStarted
  | Choice
  | Warning
  | StepStarted
  | StepLog
  | StepEnded
  | LayerWritten
  | ExportStarted
  | ExportEnded
  | BuildEnded;

export interface BuildStarted {
  readonly event: 'build';
  /** Names the build in the history: `slipway why --build`. */
  readonly id?: string | undefined;
  readonly dockerfile: string;
  readonly target: string;
  /** How many steps the pruned graph has. */
  readonly steps: number;
}

/** A choice that slipway made by itself: nothing falls back in silence. */
export interface Choice {
  readonly event: 'choice';
  /** What was chosen, e.g. `isolation`, `network`, `compressor`. */
  readonly subject: string;
  readonly chosen: string;
  readonly why: string;
}

export interface Warning {
  readonly event: 'warning';
  readonly code: string;
  readonly message: string;
  readonly span?: Span | undefined;
}

export interface StepStarted {
  readonly event: 'step-start';
  /** Unique within the build; later events of the same step carry it. */
  readonly id: number;
  /** As people read it: `[build 2/5] RUN npm ci`. */
  readonly step: string;
}

export interface StepLog {
  readonly event: 'log';
  readonly id: number;
  readonly stream: 'stdout' | 'stderr';
  /** One line without its line end. */
  readonly line: string;
}

export interface StepEnded {
  readonly event: 'step';
  readonly id: number;
  readonly step: string;
  readonly status: StepStatus;
  /** Why it was run or reused, in words. */
  readonly reason: string;
  /** The same as data; undefined for a base image, and for a step that failed. */
  readonly cause?: StepReason | undefined;
  /** Who brought the paths that it names, as far as that is known; of the first few. */
  readonly origins?: readonly PathOrigin[] | undefined;
  /** The key of its record. */
  readonly key?: Digest | undefined;
  /** Wall-clock milliseconds. */
  readonly ms: number;
  /** Of a result that was reused: how long it took to make. */
  readonly madeMs?: number | undefined;
  /** The RUN command's exit status where the step failed by one. */
  readonly exitCode?: number | undefined;
  /** What all processes of a RUN used together, where it ran. */
  readonly usage?: StepUsage | undefined;
  /** What was seen of a RUN that ran and was observed. */
  readonly observed?: Observation | undefined;
}

export interface StepUsage {
  /** Milliseconds of processor time, in the programs and in the kernel. */
  readonly userMs: number;
  readonly systemMs: number;
  /** Bytes of memory that the largest process had. */
  readonly peakMemory: number;
  /** Bytes that were written towards disks. */
  readonly written: number;
}

/** A layer's blob was written. */
export interface LayerWritten {
  readonly event: 'layer';
  readonly diffId: Digest;
  readonly digest: Digest;
  /** In how many blocks it was compressed, and how many of them were known from earlier layers. */
  readonly blocks: number;
  readonly reused: number;
  readonly ms: number;
}

export interface ExportStarted {
  readonly event: 'export-start';
  /** As people read it: `exporting to oci archive out.tar`. */
  readonly output: string;
}

export interface ExportEnded {
  readonly event: 'export';
  readonly output: string;
  readonly digest: Digest | undefined;
  readonly ms: number;
}

export interface BuildEnded {
  readonly event: 'done';
  readonly ok: boolean;
  /** The image's manifest digest, where an image was made. */
  readonly digest?: Digest | undefined;
  readonly code?: ErrorCode | undefined;
  readonly ms: number;
}

/** Takes events in the order in which they happened. Must not throw. */
export type EventSink = (event: BuildEvent) => void;
