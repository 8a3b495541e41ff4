// One step of the build: its key, its result (builder/exec/obtain.ts), and the events that tell of it.

import type { CacheRecord } from '../../cache/records.ts';
import { digestOf } from '../../core/canonical.ts';
import type { Digest } from '../../core/digest.ts';
import { isBuildError, withSpan } from '../../core/errors.ts';
import type { Span } from '../../core/source.ts';
import type { Op } from '../ops/op.ts';
import type { Vertex } from '../plan/graph.ts';
import type { Snapshot } from '../snapshot.ts';
import {
  type Fingerprints,
  type Meter,
  type ObtainContext,
  type Obtained,
  obtain,
} from './obtain.ts';
import type { PathOrigins } from './path-origins.ts';
import { reasonText } from './reason-text.ts';
import type { Reuse } from './reuse.ts';

export interface EvaluateContext extends ObtainContext {
  /** Which records a vertex may take. */
  readonly reuse: (vertex: Vertex) => Reuse;
  /** Steps that run now, by key: two with one key in a build run once. */
  readonly running: Map<Digest, Promise<Obtained>>;
  /** Who brought what, of the steps that are done. */
  readonly origins: PathOrigins;
  /** Tells the steps of this Dockerfile from those of another. */
  readonly project: string;
}

export interface Evaluated {
  readonly snapshot: Snapshot;
  /** When the result was made, in milliseconds since the epoch. */
  readonly created: number;
}

/** Evaluates `op` on `input`, telling of it in events. Throws what the op throws, with the vertex's place. */
export async function evaluate(
  context: EvaluateContext,
  vertex: Vertex,
  input: Snapshot,
  op: Op,
): Promise<Evaluated> {
  const { events } = context;
  const started = performance.now();
  const { id, name: step } = vertex;
  events({ event: 'step-start', id, step });
  const ended = () => Math.round(performance.now() - started);
  const meter: Meter = {};
  try {
    const parts = await op.key();
    const key = digestOf('slipway-key/1', parts);
    const fingerprints = fingerprintsOf(context.project, step);
    const known = context.running.get(key);
    const reuse = context.reuse(vertex);
    const obtaining =
      known ?? obtain(context, { vertex, input, op, key, parts, fingerprints, reuse, meter });
    context.running.set(key, obtaining);
    const obtained = await obtaining;
    const { record } = obtained;
    const { status, reason: cause } = known === undefined ? obtained : SAME;
    const reason = reasonText(cause);
    const origins = await context.origins.ofReason(vertex, record.layers, op, cause);
    const made = status === 'ran' ? {} : { madeMs: record.ms };
    const told = { reason, cause, origins, key, ms: ended(), ...made, ...meter };
    events({ event: 'step', id, step, status, ...told });
    context.origins.note(vertex, record.layers, op, cause);
    return await snapshotOf(context, input, op, record);
  } catch (error) {
    const placed = withSpan(error, placeOf(error, vertex));
    const exitCode = isBuildError(placed) ? placed.exitCode : undefined;
    const reason = placed instanceof Error ? placed.message : String(placed);
    events({ event: 'step', id, step, status: 'failed', reason, ms: ended(), exitCode, ...meter });
    throw placed;
  }
}

/** Of a step that another one in this build has the result of. */
const SAME = { status: 'exact', reason: { kind: 'same' } } as const;

/** The step, or the USER or --chown above it that names somebody who is not there. */
function placeOf(error: unknown, { op, span }: Vertex): Span | undefined {
  if (!isBuildError(error) || error.code !== 'E_UNKNOWN_USER' || !('userSpan' in op)) return span;
  return op.userSpan ?? span;
}

async function snapshotOf(
  { layers }: EvaluateContext,
  input: Snapshot,
  op: Op,
  record: CacheRecord,
): Promise<Evaluated> {
  const contents = await op.contents();
  const added = record.layers.map((id) => layers.layer(id, { contents }));
  return {
    snapshot: { tree: record.tree, layers: [...input.layers, ...added] },
    created: record.created,
  };
}

/**
 * What tells the same step of an edited Dockerfile: its words in its stage, wherever they have moved; its words alone, as
 * the stage may be called otherwise; its place and its instruction, as the words may have changed.
 */
function fingerprintsOf(project: string, step: string): Fingerprints {
  const [, stage = '', number = '', text = step] =
    /^\[(?:(\S+) )?(\d+)\/\d+\] (.*)$/s.exec(step) ?? [];
  const instruction = /^\w+/.exec(text)?.[0] ?? '';
  const of = (...parts: readonly string[]): Digest =>
    digestOf('slipway-step/2', [project, ...parts]);
  return {
    byWords: () => [of('words', stage, text), of('words', text)],
    place: of('place', stage, number, instruction),
  };
}
