// Records: the result of an op under the key of everything that went into it. A record keeps the
// parts of its key in readable form, so that the reason of a miss is a difference of two lists.
//
// Reuse of a record is correct only if its key covers every input of the op: the caller's duty
// (builder/keys.ts). A record names a tree and a layer; the directory objects were queued before
// it in the same database, so they are there; the layer's files may have been pruned, which the
// caller must check.

import { type Digest, digestOfBytes, hexOf, parseDigest } from '../core/digest.ts';
import type { StepUsage } from '../core/events.ts';
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
}

export interface RecordStore {
  get(key: Digest): CacheRecord | undefined;
  /** Queues the record, replacing one of the same key. */
  put(record: CacheRecord): void;
  delete(key: Digest): void;
  list(): Iterable<CacheRecord>;
  /** The record that was used or made last under a fingerprint (of a step, or of what a step looks up), whatever its key. */
  lastOfStep(fingerprint: Digest): CacheRecord | undefined;
  setLastOfStep(fingerprint: Digest, key: Digest): void;
  /** Forgets the fingerprints whose record is no longer there. */
  sweepSteps(): void;
}

/** Records over two tables: `records` (key to record) and `steps` (fingerprint to key). */
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
    lastOfStep(fingerprint) {
      const key = steps.get(digestKey(fingerprint));
      const digest = parseDigest(
        `sha256:${key === undefined ? '' : Buffer.from(key).toString('hex')}`,
      );
      return digest === undefined ? undefined : get(digest);
    },
    setLastOfStep: (fingerprint, key) => steps.put(digestKey(fingerprint), digestKey(key)),
    sweepSteps() {
      for (const { key, value } of steps.entries()) {
        const record = digestOfBytes(value);
        if (record === undefined || get(record) === undefined) steps.delete(key);
      }
    },
  };
}

/** The 32 bytes of a digest: the form of a key in every table. */
export function digestKey(digest: Digest): Buffer {
  return Buffer.from(hexOf(digest), 'hex');
}

function encodeRecord(record: CacheRecord): Buffer {
  return Buffer.from(JSON.stringify(record));
}

/** A value that is not a whole record (written by hand, or a flipped bit) counts as absent. */
function decodeRecord(bytes: Uint8Array): CacheRecord | undefined {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as CacheRecord;
    const whole =
      parseDigest(value.key) !== undefined &&
      parseDigest(value.tree) !== undefined &&
      Array.isArray(value.layers) &&
      value.layers.every((layer) => parseDigest(layer) !== undefined) &&
      Array.isArray(value.parts) &&
      [value.kind, value.step].every((text) => typeof text === 'string') &&
      [value.created, value.used, value.ms].every(Number.isFinite);
    return whole ? value : undefined;
  } catch {
    return undefined;
  }
}
