// From what the runner saw of a step to the read set of its record. Everything is resolved in the step's input tree:
// what it looked at, what its layer adds, changes or removes, and what was looked up in the image to set it up.
// What the runner says comes from inside a hostile step: any path may be named, and none of it reaches a disk.

import type { Digest } from '../../core/digest.ts';
import { nameFromBytes } from '../../core/names.ts';
import type { Observation } from '../../core/step-reason.ts';
import type { Entry } from '../../image/entry.ts';
import { type HardLinks, putLinksRead } from '../../image/reads/links-read.ts';
import { ReadSetBuilder } from '../../image/reads/read-set-builder.ts';
import type { ObjectStore } from '../../image/tree/object-store.ts';
import type { RunnerEvent } from './runner-protocol.ts';

/** Raised when a runner sees more than it did, or a rule here changes: what was recorded before then holds for its own key only. */
export const OBSERVER_RULES = 3;

/** More than any real step looks at; bounds the memory that a hostile one can take. */
const MAX_PATHS = 1_000_000;

/** What the runner said of a step that it was told to observe. */
export interface Sight {
  /** Paths and their uses by turns, as in PROTOCOL.md. */
  readonly looked: readonly (readonly string[])[];
  readonly end: Extract<RunnerEvent, { event: 'observed' }> | undefined;
}

/** Picks from a runner's events what it saw. */
export function sightAmong(events: readonly RunnerEvent[]): Sight {
  const looked: (readonly string[])[] = [];
  let end: Sight['end'];
  for (const event of events) {
    if (event.event === 'looked') looked.push(event.paths);
    if (event.event === 'observed') end = event;
  }
  return { looked, end };
}

export interface ObservedStep {
  /** The input, and which of its names are names of one file. */
  readonly tree: Digest;
  readonly links: HardLinks;
  /** The step's layer. */
  readonly entries: Iterable<Entry>;
  /** Paths that were looked up in the input to set the step up, absolute. */
  readonly setUp: readonly string[];
}

/** Keeps the read set of a step, where it was fully observed, and says what was seen. */
export function recordReads(objects: ObjectStore, sight: Sight, step: ObservedStep): Observation {
  const { end } = sight;
  const seen = {
    network: end?.network ?? true,
    calls: end?.calls ?? 0,
    supervisorMs: Math.round((end?.supervisor_us ?? 0) / 1000),
  };
  const incomplete = whyIncomplete(end) ?? whyTooMuch(sight);
  if (incomplete !== undefined) return { reads: undefined, incomplete, ...seen };
  const reads = new ReadSetBuilder(objects, step.tree);
  for (const path of step.setUp) reads.look(relative(path), { uses: 'a', follow: true });
  for (const paths of sight.looked) addLooked(reads, paths);
  for (const entry of step.entries) addChanged(reads, entry);
  const kept = reads.put();
  return { reads: kept, links: putLinksRead(objects, kept, step.links), ...seen };
}

/** Whether a signal may have made a call fail that would not have failed unobserved. */
export function wasInterrupted({ end }: Sight): boolean {
  return end !== undefined && end.interrupted > 0;
}

/** A program that was told EINTR may have done without the file: its result holds for no other input. */
const INTERRUPTED = 'signals interrupted calls that were being seen';

function whyIncomplete(end: Sight['end']): string | undefined {
  if (end === undefined) return 'the runner did not say what it saw';
  if (end.complete && end.interrupted > 0) return INTERRUPTED;
  return end.complete ? undefined : (end.reason ?? 'the runner did not see everything');
}

function whyTooMuch({ looked }: Sight): string | undefined {
  const paths = looked.reduce((sum, { length }) => sum + length / 2, 0);
  return paths > MAX_PATHS ? `it looked at more than ${MAX_PATHS} paths` : undefined;
}

function addLooked(reads: ReadSetBuilder, paths: readonly string[]): void {
  for (let at = 0; at + 1 < paths.length; at += 2) {
    const letters = paths[at + 1] ?? '';
    const uses = letters.replace('f', '');
    reads.look(nameOf(paths[at] ?? ''), { uses, follow: uses.length !== letters.length });
  }
}

/**
 * A path of the layer counts with all that the input has there: what was appended to, or copied up for a new mode, is
 * in the layer in full. A directory that is removed or hidden was looked through, or had to be empty.
 */
function addChanged(reads: ReadSetBuilder, { path, type }: Entry): void {
  const uses = type === 'whiteout' || type === 'opaque' ? 'lw' : 'w';
  reads.look(path, { uses, follow: false });
}

/** The runner gives each byte of a name as one code unit. */
function nameOf(path: string): string {
  return ASCII.test(path) ? path : nameFromBytes(Buffer.from(path, 'latin1'));
}

const ASCII = /^[\0-\x7f]*$/;

function relative(path: string): string {
  return path.split('/').filter(Boolean).join('/');
}
