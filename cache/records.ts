// Records: the result of an op under the key of everything that went into it. A record keeps the
// parts of its key in readable form, so that the reason of a miss is a difference of two lists.
//
// Reuse of a record is correct only if its key covers every input of the op: the caller's duty
// (builder/keys.ts). A record names a tree and a layer; the directory objects were queued before
// it in the same database, so they are there; the layer's files may have been pruned, which the
// caller must check.

import { DIGEST_BYTES, type Digest, digestOfBytes, hexOf, parseDigest } from '../core/digest.ts';
import type { StepUsage } from '../core/events.ts';
import type { Observation } from '../core/step-reason.ts';
import type { Table } from './database.ts';

/** What went into a key: names to values, each small enough to show to a person. */
export type KeyParts = readonly (readonly [name: string, value: string])[];

export interface CacheRecord {
  readonly key: Digest;
  /** The kind of op: `run`, `copy`, ... */
  readonly kind: string;
  /** The step as it was shown: `[build 2/5] RUN npm ci`. */
  readonly step: string;
  readonly parts: KeyParts;
  /** The tree that the op made. */
  readonly tree: Digest;
  /** Ids of the layers that the op adds to its input's, bottom first; none where it changed nothing. */
  readonly layers: readonly Digest[];
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly used: number;
  /** How long the op took, in milliseconds. */
  readonly ms: number;
  /** What the command of a RUN used. */
  readonly usage?: StepUsage | undefined;
  /** The record that these layers were made for, on another input. */
  readonly from?: Digest | undefined;
  /** What was seen of a RUN that was observed: its read set lets the record hold for other inputs. */
  readonly observed?: Observation | undefined;
  /**
   * The record came with `cache import`: it holds for its own key. Its read set is believed only where who imported
   * it said so.
   */
  readonly imported?: true | 'trusted' | undefined;
}

export interface RecordStore {
  get(key: Digest): CacheRecord | undefined;
  /** Queues the record, replacing one of the same key. */
  put(record: CacheRecord): void;
  delete(key: Digest): void;
  list(): Iterable<CacheRecord>;
  /**
   * The records that were used or made last under a fingerprint (of a step, or of what decides its result), whatever
   * their keys: the newest first, and never more than a few.
   */
  byStep(fingerprint: Digest): Iterable<CacheRecord>;
  /** Makes the record of `key` the newest under `fingerprint`; false where it was that already. */
  addToStep(fingerprint: Digest, key: Digest): boolean;
  /** Every fingerprint with the keys that it leads to, the newest first. */
  steps(): Iterable<readonly [fingerprint: Digest, keys: readonly Digest[]]>;
  /** Forgets the fingerprints whose record is no longer there. */
  sweepSteps(): void;
}

/** More would be looked through for nothing: what is older than so many changes back seldom comes again. */
const MAX_BY_STEP = 8;

/** Records over two tables: `records` (key to record) and `steps` (fingerprint to keys, 32 bytes each). */
export function recordStore(records: Table, steps: Table): RecordStore {
  const get = (key: Digest): CacheRecord | undefined => {
    const bytes = records.get(digestKey(key));
    const record = bytes && decodeRecord(bytes);
    return record?.key === key ? record : undefined;
  };
  return {
    get,
    put: (record) => records.put(digestKey(record.key), encodeRecord(record)),
    delete: (key) => records.delete(digestKey(key)),
    *list() {
      for (const { value } of records.entries()) {
        const record = decodeRecord(value);
        if (record !== undefined) yield record;
      }
    },
    *byStep(fingerprint) {
      for (const key of keysIn(steps.get(digestKey(fingerprint)))) {
        const record = get(key);
        if (record !== undefined) yield record;
      }
    },
    addToStep(fingerprint, key) {
      const at = digestKey(fingerprint);
      const known = steps.get(at);
      // A build of nothing but hits asks this for each step.
      const newest = digestKey(key);
      if (known !== undefined && newest.equals(known.subarray(0, DIGEST_BYTES))) return false;
      const others = keysIn(known).filter((other) => other !== key);
      const keys = [key, ...others].slice(0, MAX_BY_STEP);
      steps.put(at, Buffer.concat(keys.map(digestKey)));
      return true;
    },
    *steps() {
      for (const { key, value } of steps.entries()) {
        const fingerprint = digestOfBytes(key);
        if (fingerprint !== undefined) yield [fingerprint, keysIn(value)];
      }
    },
    sweepSteps() {
      for (const { key, value } of steps.entries()) {
        if (!keysIn(value).some((record) => get(record) !== undefined)) steps.delete(key);
      }
    },
  };
}

/** The tree that an op was run on; undefined where it has no input. */
export function inputTreeOf({ parts }: Pick<CacheRecord, 'parts'>): Digest | undefined {
  return parseDigest(parts.find(([name]) => name === 'input tree')?.[1]);
}

/** The 32 bytes of a digest: the form of a key in every table. */
export function digestKey(digest: Digest): Buffer {
  return Buffer.from(hexOf(digest), 'hex');
}

function keysIn(value: Uint8Array | undefined): Digest[] {
  const keys: Digest[] = [];
  for (let at = 0; value !== undefined && at < value.byteLength; at += DIGEST_BYTES) {
    const key = digestOfBytes(value.subarray(at, at + DIGEST_BYTES));
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

/** Raised when what a record names has another form: one of an earlier form counts as absent. */
const FORM = 2;

function encodeRecord(record: CacheRecord): Buffer {
  return Buffer.from(JSON.stringify({ form: FORM, ...record }));
}

/** A value that is not a whole record (written by hand, or a flipped bit) counts as absent. */
function decodeRecord(bytes: Uint8Array): CacheRecord | undefined {
  try {
    const { form, ...value } = JSON.parse(Buffer.from(bytes).toString('utf8')) as CacheRecord & {
      readonly form?: unknown;
    };
    const whole =
      form === FORM &&
      parseDigest(value.key) !== undefined &&
      parseDigest(value.tree) !== undefined &&
      Array.isArray(value.layers) &&
      value.layers.every((layer) => parseDigest(layer) !== undefined) &&
      Array.isArray(value.parts) &&
      [value.kind, value.step].every((text) => typeof text === 'string') &&
      [value.created, value.used, value.ms].every(Number.isFinite) &&
      (value.observed?.reads === undefined || parseDigest(value.observed.reads) !== undefined) &&
      (value.observed?.links === undefined || parseDigest(value.observed.links) !== undefined);
    return whole ? value : undefined;
  } catch {
    return undefined;
  }
}
