// The last build of a Dockerfile with what the cache knows of its steps: the ground that advice stands on.

import { type CacheRecord, inputTreeOf } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import type { Entry } from '../../image/entry.ts';
import { LayerList } from '../../image/layer-list.ts';
import { listReads, type Read } from '../../image/reads/read-set.ts';
import { lookup } from '../../image/tree/lookup.ts';
import type { BuildRecord, StepRecord } from '../history/build-record.ts';

export class BuildFacts {
  readonly build: BuildRecord;
  /** The kept builds of the same Dockerfile, context and target, this one first. */
  readonly history: readonly BuildRecord[];
  readonly #store: Store;
  readonly #steps: ReadonlyMap<number, StepRecord>;

  constructor(store: Store, history: readonly [BuildRecord, ...BuildRecord[]]) {
    this.#store = store;
    [this.build] = history;
    this.history = history;
    this.#steps = new Map(this.build.steps.map((step) => [step.id, step]));
  }

  record({ key }: StepRecord): CacheRecord | undefined {
    return key === undefined ? undefined : this.#store.records.get(key);
  }

  /** The lists of the layers that a step added; undefined where the cache has not all of them any more. */
  layers(step: StepRecord): readonly LayerList[] | undefined {
    const lists = this.record(step)?.layers.map((id) => LayerList.open(this.#store.objects, id));
    return lists?.every((list) => list !== undefined) ? lists : undefined;
  }

  /** What a step's layers say of a path. */
  entry(step: StepRecord, path: string): Entry | undefined {
    return this.layers(step)
      ?.findLast((list) => list.find(path) !== undefined)
      ?.find(path);
  }

  /** True where the step removed something, or put a folder in place of another. */
  removes(step: StepRecord): boolean {
    return (this.layers(step) ?? []).some((list) =>
      [...list].some(({ type }) => type === 'whiteout' || type === 'opaque'),
    );
  }

  /** True where there was something at `path` already when the step was run; false too where that is not known any more. */
  wasThere(step: StepRecord, path: string): boolean {
    const record = this.record(step);
    const input = record && inputTreeOf(record);
    if (input === undefined) return false;
    return lookup(this.#store.objects, input, path, { follow: 'parent' }) !== undefined;
  }

  /** What a RUN read; undefined where that is not known in full. */
  reads(step: StepRecord): readonly Read[] | undefined {
    const record = this.record(step);
    const reads = record?.imported === true ? undefined : record?.observed?.reads;
    const all = reads && [...listReads(this.#store.objects, reads)];
    return all?.length === 0 ? undefined : all?.filter(({ uses }) => uses !== '');
  }

  /** The step whose result this one is put on. */
  input({ kind, inputs: [first] }: StepRecord): StepRecord | undefined {
    return kind === 'base' || first === undefined ? undefined : this.#steps.get(first);
  }

  /** The steps below this one, the nearest first. */
  *chain(step: StepRecord): Generator<StepRecord> {
    for (let at = this.input(step); at !== undefined; at = this.input(at)) yield at;
  }

  /** The steps that become layers of the image: the target and what it is put on. */
  target(): ReadonlySet<StepRecord> {
    const last = this.build.steps.at(-1);
    return new Set(last === undefined ? [] : [last, ...this.chain(last)]);
  }

  /** Where a step of this name ran in the kept builds, this one's runs among them. */
  runsOf({ step }: StepRecord): readonly StepRecord[] {
    return this.history.flatMap(({ steps }) =>
      steps.filter((other) => other.step === step && other.status === 'ran'),
    );
  }
}

/** A COPY whose files come from a context: it is put on something, and takes from no other step. */
export function isContextCopy({ kind, inputs }: StepRecord): boolean {
  return kind === 'copy' && inputs.length === 1;
}

/** `RUN npm ci (Dockerfile:5)`. */
export function called({ step, place }: StepRecord): string {
  const text = step.replace(/^\[[^\]]*\] /, '');
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return place === undefined ? short : `${short} (${place})`;
}
