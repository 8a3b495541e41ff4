// One record of the cache with all that can be told of it: the parts of its key, its tree, its layers.

import type { CacheRecord } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { type Digest, hexOf } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { LayerList } from '../../image/layer-list.ts';
import { findAnyLayerBlob } from '../export/layer-blob-record.ts';
import { takeStock } from './stock.ts';

export interface LayerDetails {
  readonly id: Digest;
  /** How many paths the layer changes; undefined where the store has lost its list. */
  readonly entries: number | undefined;
  /** Bytes of disk of the unpacked layer; undefined where it is not unpacked. */
  readonly unpacked: number | undefined;
  /** Its compressed form; undefined where there is none. Of a base image's layer that is the image's own blob, not told here. */
  readonly blob: { readonly digest: Digest; readonly size: number } | undefined;
}

export interface RecordDetails {
  readonly record: CacheRecord;
  /** False where the store has lost the tree: then the record is not used. */
  readonly hasTree: boolean;
  readonly layers: readonly LayerDetails[];
}

/** Finds the record whose key begins with `prefix` (hex digits, with or without `sha256:`). Throws E_RECORD_NOT_FOUND, E_USAGE where several do. */
export function findRecord(store: Store, prefix: string): CacheRecord {
  const hex = prefix.replace(/^sha256:/, '').toLowerCase();
  if (!/^[0-9a-f]{1,64}$/.test(hex)) {
    throw new BuildError('E_USAGE', `${JSON.stringify(prefix)} is not the key of a record`, {
      hint: 'slipway cache ls shows keys; their first digits are enough',
    });
  }
  const found = [...store.records.list()].filter(({ key }) => hexOf(key).startsWith(hex));
  const [first, second] = found;
  if (first === undefined) {
    throw new BuildError('E_RECORD_NOT_FOUND', `no record of the cache has a key ${hex}`, {
      hint: 'slipway cache ls lists the records',
    });
  }
  if (second === undefined) return first;
  const names = found.slice(0, 5).map(({ key, step }) => `${hexOf(key).slice(0, 12)} ${step}`);
  throw new BuildError('E_USAGE', `${found.length} records have a key that begins with ${hex}`, {
    hint: `give more of its digits: ${names.join('; ')}`,
  });
}

/** Everything about a record. */
export async function describeRecord(store: Store, record: CacheRecord): Promise<RecordDetails> {
  const { layers: unpacked } = await takeStock(store);
  const layers = await Promise.all(
    record.layers.map(async (id) => {
      const blob = await findAnyLayerBlob(store, id);
      return {
        id,
        entries: LayerList.open(store.objects, id)?.length,
        unpacked: unpacked.get(id),
        blob: blob && { digest: blob.digest, size: blob.size },
      };
    }),
  );
  return { record, hasTree: store.objects.get(record.tree) !== undefined, layers };
}
