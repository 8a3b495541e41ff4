// How the result of a step is had: from the record of its key, from a record that was made on another input and holds
// for this one too, or by running the op. The same for every op, so that no instruction has a cache of its own.

import { type CacheRecord, inputTreeOf, type KeyParts } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { digestOf } from '../../core/canonical.ts';
import type { Digest } from '../../core/digest.ts';
import type { EventSink, StepUsage } from '../../core/events.ts';
import type { Observation, StepReason } from '../../core/step-reason.ts';
import { LayerList } from '../../image/layer-list.ts';
import type { Op } from '../ops/op.ts';
import type { Vertex } from '../plan/graph.ts';
import type { Snapshot } from '../snapshot.ts';
import { applyKept, keepLayer } from './keep-layer.ts';
import type { LayerStore } from './layer-store.ts';
import { observing } from './observing.ts';
import { changedFiles, explainMiss } from './reason.ts';
import type { Reuse } from './reuse.ts';

export interface ObtainContext {
  readonly store: Store;
  readonly layers: LayerStore;
  readonly events: EventSink;
}

/** One step as it is asked for now. */
export interface Step {
  readonly vertex: Vertex;
  readonly input: Snapshot;
  readonly op: Op;
  readonly key: Digest;
  readonly parts: KeyParts;
  readonly fingerprints: Fingerprints;
  readonly reuse: Reuse;
  readonly meter: Meter;
}

/** Tell a step from others, whatever its key is today. */
export interface Fingerprints {
  /** By its words, the surest first. */
  byWords(): readonly Digest[];
  /** Where its words may have changed. */
  readonly place: Digest;
}

/** What the op has used when it has run. */
export interface Meter {
  usage?: StepUsage;
  observed?: Observation;
}

export interface Obtained {
  readonly record: CacheRecord;
  readonly status: 'ran' | 'exact' | 'traced';
  readonly reason: StepReason;
}

/** Finds the result of a step, or makes it. */
export async function obtain(context: ObtainContext, step: Step): Promise<Obtained> {
  const { records } = context.store;
  const obtained = (await findExact(context, step)) ?? (await findElsewhereOrRun(context, step));
  const { place, byWords } = step.fingerprints;
  const isNew = records.addToStep(place, step.key) || obtained.record.step !== step.vertex.name;
  // What stood there before has its words noted.
  if (isNew) for (const fingerprint of byWords()) records.addToStep(fingerprint, step.key);
  return obtained;
}

/** A hit is noted at most so often, as `relatime` does: a build of nothing but hits writes nothing. A time in the future is a wrong clock's. */
const USED_GRAIN_MS = 3_600_000;

async function findExact(context: ObtainContext, step: Step): Promise<Obtained | undefined> {
  const { records } = context.store;
  const record = records.get(step.key);
  if (record === undefined || !(await isUsable(context, step, record))) return undefined;
  const sinceUse = Math.abs(Date.now() - record.used);
  if (sinceUse > USED_GRAIN_MS) records.put({ ...record, used: Date.now() });
  return { record, status: 'exact', reason: { kind: 'same' } };
}

/** Takes what the op made on another input, where it would see the same in this one; runs the op where there is none. */
async function findElsewhereOrRun(context: ObtainContext, step: Step): Promise<Obtained> {
  const { records } = context.store;
  const last = lastOf(context, step);
  const isStrict = step.reuse.policy === 'strict';
  const parts = isStrict ? undefined : await step.op.keyOnAnyInput?.();
  if (parts === undefined) return run(context, step, { last, others: [] });
  const anyKey = digestOf('slipway-any-input/2', parts);
  const others = [...records.byStep(anyKey)].filter(({ key }) => key !== step.key);
  const elsewhere = await findElsewhere(context, step, others);
  const obtained =
    'record' in elsewhere ? elsewhere : await run(context, step, { last, others, ...elsewhere });
  records.addToStep(anyKey, step.key);
  return obtained;
}

/** What the step came to when it was last built. */
function lastOf({ store }: ObtainContext, { fingerprints }: Step): CacheRecord | undefined {
  for (const fingerprint of [...fingerprints.byWords(), fingerprints.place]) {
    for (const record of store.records.byStep(fingerprint)) return record;
  }
  return undefined;
}

/** Why no record of another input holds: as far as the newest tells. */
type NotElsewhere = Pick<Missed, 'differs' | 'untraced'>;

async function findElsewhere(
  context: ObtainContext,
  step: Step,
  others: readonly CacheRecord[],
): Promise<Obtained | NotElsewhere> {
  let missed: NotElsewhere | undefined;
  for (const record of others) {
    if (expiry(step, record) !== undefined) missed ??= { untraced: 'it is too old' };
    if (!(await isUsable(context, step, record))) continue;
    const compared = step.op.compare?.(record) ?? ({ kind: 'holds' } as const);
    if (compared.kind === 'holds') return takeOver(context, step, record);
    if (missed !== undefined) continue;
    missed = {};
    if (compared.kind === 'untraced') missed = { untraced: compared.why };
    if (compared.kind === 'differs') {
      const { changes, more } = compared;
      missed = { differs: { kind: 'read', record: record.key, changes, more } };
    }
  }
  return missed ?? {};
}

/** Records what the layers of a record that was made on another input come to on this one. */
async function takeOver(
  { store }: ObtainContext,
  step: Step,
  other: CacheRecord,
): Promise<Obtained> {
  const { key, parts, vertex } = step;
  let { tree } = step.input;
  for (const layer of other.layers) {
    const list = LayerList.open(store.objects, layer);
    if (list === undefined) throw new Error(`the store has lost ${layer}`);
    tree = await applyKept(store, tree, list);
  }
  const record = { ...other, key, parts, tree, used: Date.now(), from: other.key };
  store.records.put(record);
  if (step.op.compare === undefined) {
    const instruction = /(?:^|\] )(\w+)/.exec(vertex.name)?.[1] ?? 'step';
    const reason = { kind: 'untouched', record: other.key, instruction } as const;
    return { record, status: 'exact', reason };
  }
  const before = inputTreeOf(other);
  const ignored = before && changedFiles(store, before, step.input.tree);
  const reason = {
    kind: 'unread',
    record: other.key,
    ignored: ignored ?? { paths: [], more: 0 },
  } as const;
  return { record, status: 'traced', reason };
}

/** What is known of why nothing was found. */
interface Missed {
  readonly last: CacheRecord | undefined;
  /** What was made on other inputs, newest first. */
  readonly others: readonly CacheRecord[];
  readonly differs?: StepReason;
  readonly untraced?: string;
}

async function run(context: ObtainContext, step: Step, missed: Missed): Promise<Obtained> {
  const replaced = context.store.records.get(step.key);
  const expired = replaced && expiry(step, replaced);
  const record = await make(context, step, [...(replaced ? [replaced] : []), ...missed.others]);
  const { bypass } = step.reuse;
  const { last, differs, untraced } = missed;
  const reason =
    bypass === undefined
      ? (expired ?? differs ?? explainMiss(context.store, record, last, untraced))
      : ({ kind: 'bypassed', by: bypass } as const);
  return { record, status: 'ran', reason };
}

async function make(
  { store, layers, events }: ObtainContext,
  { vertex, input, op, key, parts, meter, reuse }: Step,
  others: readonly CacheRecord[],
): Promise<CacheRecord> {
  const started = Date.now();
  const sight = op.compare === undefined ? undefined : observing(reuse, others);
  const made = await op.run({
    log: (stream, line) => events({ event: 'log', id: vertex.id, stream, line }),
    usage: (usage) => Object.assign(meter, { usage }),
    observe: sight?.kind === 'observe',
  });
  const { entries, folder } = made;
  // A step that changes nothing makes a layer with nothing in it, as in the reference.
  const { layer, tree } = await keepLayer(store, input.tree, entries);
  if (folder !== undefined) await layers.publish(layer, folder);
  const observed = sight?.kind === 'gave-up' ? sight.observed : made.observed;
  if (observed !== undefined) Object.assign(meter, { observed });
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

/** True where a record may be used, and everything that it names can still be had. */
async function isUsable(
  { store, layers }: ObtainContext,
  step: Step,
  record: CacheRecord,
): Promise<boolean> {
  if (step.reuse.bypass !== undefined || expiry(step, record) !== undefined) return false;
  if (!store.objects.has(record.tree)) return false;
  for (const layer of record.layers) {
    if (!store.objects.has(layer)) return false;
    if (!(await layers.isStored(layer)) && (await step.op.contents()) === undefined) return false;
  }
  return true;
}

/** The reason not to use a record that is too old. One from the future was made by a wrong clock. */
function expiry(
  { reuse: { ttl } }: Step,
  { key, created }: CacheRecord,
): Extract<StepReason, { kind: 'expired' }> | undefined {
  const age = Math.abs(Date.now() - created);
  return ttl === undefined || age <= ttl ? undefined : { kind: 'expired', record: key, age, ttl };
}
