// One step of the build: key, look for a record, run where there is none, record the result. The same
// for every op, so that no instruction has a cache of its own.

import type { CacheRecord, KeyParts } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { digestOf } from '../../core/canonical.ts';
import type { Digest } from '../../core/digest.ts';
import { isBuildError, withSpan } from '../../core/errors.ts';
import type { EventSink, StepUsage } from '../../core/events.ts';
import type { Span } from '../../core/source.ts';
import { decodeEntries, encodeEntries } from '../../image/layer-id.ts';
import { applyLayer } from '../../image/tree/apply-layer.ts';
import type { Op } from '../ops/op.ts';
import type { Vertex } from '../plan/graph.ts';
import type { Snapshot } from '../snapshot.ts';
import type { LayerStore } from './layer-store.ts';
import { explainMiss } from './reason.ts';

export interface EvaluateContext {
  readonly store: Store;
  readonly layers: LayerStore;
  readonly events: EventSink;
  /** Records are not looked for; what is made is recorded all the same. */
  readonly noCache: boolean;
  /** Steps that run now, by key: two with one key in a build run once. */
  readonly running: Map<Digest, Promise<Obtained>>;
  /** Tells the steps of this Dockerfile from those of another. */
  readonly project: string;
}

export interface Obtained {
  readonly record: CacheRecord;
  readonly ran: boolean;
  /** Why the op had to run, or could be reused. */
  readonly reason: string;
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
    const fingerprint = digestOf('slipway-step/1', [context.project, stepPlace(step)]);
    const known = context.running.get(key);
    const obtaining =
      known ?? obtain(context, vertex, input, op, { key, parts, fingerprint, meter });
    context.running.set(key, obtaining);
    const { record, ran, reason } = await obtaining;
    events({
      event: 'step',
      id,
      step,
      status: ran && known === undefined ? 'ran' : 'exact',
      reason: known === undefined ? reason : UNCHANGED,
      ms: ended(),
      ...meter,
    });
    return await snapshotOf(context, input, op, record);
  } catch (error) {
    const placed = withSpan(error, placeOf(error, vertex));
    const exitCode = isBuildError(placed) ? placed.exitCode : undefined;
    const reason = placed instanceof Error ? placed.message : String(placed);
    events({ event: 'step', id, step, status: 'failed', reason, ms: ended(), exitCode, ...meter });
    throw placed;
  }
}

const UNCHANGED = 'nothing that it depends on has changed';

/** The step, or the USER or --chown above it that names somebody who is not there. */
function placeOf(error: unknown, { op, span }: Vertex): Span | undefined {
  if (!isBuildError(error) || error.code !== 'E_UNKNOWN_USER' || !('userSpan' in op)) return span;
  return op.userSpan ?? span;
}

/** A hit is noted at most so often, as `relatime` does: a build of nothing but hits writes nothing. A time in the future is a wrong clock's. */
const USED_GRAIN_MS = 3_600_000;

interface StepKey {
  readonly key: Digest;
  readonly parts: KeyParts;
  /** Tells the step from others, whatever its key is today. */
  readonly fingerprint: Digest;
  readonly meter: Meter;
}

/** What the op has used when it has run. */
interface Meter {
  usage?: StepUsage;
}

/** Finds the record of a key, or runs the op to make it. */
async function obtain(
  context: EvaluateContext,
  vertex: Vertex,
  input: Snapshot,
  op: Op,
  step: StepKey,
): Promise<Obtained> {
  const { noCache, store } = context;
  const last = store.records.lastOfStep(step.fingerprint);
  const obtained =
    (noCache ? undefined : await reuse(context, op, step.key)) ??
    (await obtainOnAnyInput(context, vertex, input, op, step, last));
  if (last?.key !== step.key) store.records.setLastOfStep(step.fingerprint, step.key);
  return obtained;
}

async function reuse(context: EvaluateContext, op: Op, key: Digest): Promise<Obtained | undefined> {
  const record = context.store.records.get(key);
  if (record === undefined || !(await isUsable(context, op, record))) return undefined;
  const sinceUse = Math.abs(Date.now() - record.used);
  if (sinceUse > USED_GRAIN_MS) context.store.records.put({ ...record, used: Date.now() });
  return { record, ran: false, reason: UNCHANGED };
}

/**
 * Takes the layer that the op made on another input, where it saw the same there; runs the op where there
 * is none. Such a layer is found by the digest of the op's key on any input.
 */
async function obtainOnAnyInput(
  context: EvaluateContext,
  vertex: Vertex,
  input: Snapshot,
  op: Op,
  step: StepKey,
  last: CacheRecord | undefined,
): Promise<Obtained> {
  const { noCache, store } = context;
  const anyParts = await op.keyOnAnyInput?.();
  const anyKey = anyParts && digestOf('slipway-any-input/1', anyParts);
  const twin = anyKey && !noCache ? store.records.lastOfStep(anyKey) : undefined;
  const reusable = twin !== undefined && (await isUsable(context, op, twin));
  const record = reusable
    ? moved(context, input, twin, step)
    : await run(context, vertex, input, op, step);
  if (anyKey !== undefined) store.records.setLastOfStep(anyKey, step.key);
  if (reusable) {
    const instruction = /(?:^|\] )(\w+)/.exec(vertex.name)?.[1] ?? 'step';
    const reason = `the base changed, but nothing that this ${instruction} touches`;
    return { record, ran: false, reason };
  }
  const reason = noCache
    ? 'the cache was not asked (--no-cache)'
    : explainMiss(store, record, last);
  return { record, ran: true, reason };
}

/** Records that the layers of `twin` come to on another input. */
function moved(
  { store }: EvaluateContext,
  input: Snapshot,
  twin: CacheRecord,
  { key, parts }: StepKey,
): CacheRecord {
  let { tree } = input;
  for (const layer of twin.layers) {
    const bytes = store.objects.get(layer);
    if (bytes === undefined) throw new Error(`the store has lost ${layer}`);
    tree = applyLayer(store.objects, tree, decodeEntries(bytes));
  }
  const record = { ...twin, key, parts, tree, used: Date.now() };
  store.records.put(record);
  return record;
}

async function run(
  { store, layers, events }: EvaluateContext,
  vertex: Vertex,
  input: Snapshot,
  op: Op,
  { key, parts, meter }: StepKey,
): Promise<CacheRecord> {
  const started = Date.now();
  const { entries, folder } = await op.run({
    log: (stream, line) => events({ event: 'log', id: vertex.id, stream, line }),
    usage: (usage) => Object.assign(meter, { usage }),
  });
  // A step that changes nothing makes a layer with nothing in it, as in the reference.
  const layer = store.objects.put(encodeEntries(entries));
  const tree = applyLayer(store.objects, input.tree, entries);
  if (folder !== undefined) await layers.publish(layer, folder);
  const now = Date.now();
  const record: CacheRecord = {
    key,
    kind: vertex.op.kind,
    step: vertex.name,
    parts,
    tree,
    layers: [layer],
    created: now,
    used: now,
    ms: now - started,
    ...meter,
  };
  store.records.put(record);
  return record;
}

/** True where everything that a record names can still be had. */
async function isUsable(
  { store, layers }: EvaluateContext,
  op: Op,
  record: CacheRecord,
): Promise<boolean> {
  if (!store.objects.has(record.tree)) return false;
  for (const layer of record.layers) {
    if (!store.objects.has(layer)) return false;
    if (!(await layers.isStored(layer)) && (await op.contents()) === undefined) return false;
  }
  return true;
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

/** `[build 2/5]` and the instruction's name: the same step of an edited Dockerfile. */
function stepPlace(step: string): string {
  return /^\[[^\]]*\] \w+/.exec(step)?.[0] ?? step;
}
