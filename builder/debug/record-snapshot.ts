// The snapshot that a step came to, from records alone. A record names the layers that its step added, and
// the tree that it was run on; what made that tree is another record, down to a base image or to nothing.

import { type CacheRecord, inputTreeOf } from '../../cache/records.ts';
import type { Store } from '../../cache/store.ts';
import { type Digest, parseDigest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { MEDIA } from '../../image/model.ts';
import { emptyTree } from '../../image/tree/empty-tree.ts';
import type { LayerStore } from '../exec/layer-store.ts';
import type { LayerOrigin, Snapshot, SnapshotLayer } from '../snapshot.ts';

/** Returns the snapshot of `record`'s result. Throws E_RECORD_NOT_FOUND where the store has lost a part of it. */
export async function recordSnapshot(
  store: Store,
  layers: LayerStore,
  record: CacheRecord,
): Promise<Snapshot> {
  const makers = new Map<Digest, CacheRecord[]>();
  for (const each of store.records.list()) {
    makers.set(each.tree, [...(makers.get(each.tree) ?? []), each]);
  }
  const search: Search = { store, layers, makers, tried: new Set([emptyTree(store.objects)]) };
  const stack = store.objects.has(record.tree) ? await stackOf(search, record) : undefined;
  if (stack !== undefined) return { tree: record.tree, layers: stack };
  throw new BuildError(
    'E_RECORD_NOT_FOUND',
    `the store no longer has all files of ${record.step}`,
    {
      hint: 'build it again; files that only an earlier stage needed may have to be copied anew',
    },
  );
}

interface Search {
  readonly store: Store;
  readonly layers: LayerStore;
  /** The records that came to a tree. */
  readonly makers: ReadonlyMap<Digest, readonly CacheRecord[]>;
  /** Trees whose makers have been looked at: a step that changes nothing makes what it was run on. */
  readonly tried: Set<Digest>;
}

/** The layers of a record's result, bottom first; undefined where some cannot be had. */
async function stackOf(
  search: Search,
  record: CacheRecord,
): Promise<readonly SnapshotLayer[] | undefined> {
  const own = await ownLayers(search, record);
  if (own === undefined || record.kind === 'base') return own;
  const input = inputTreeOf(record);
  // What was fetched has no input: it starts from nothing.
  if (input === undefined || input === emptyTree(search.store.objects)) return own;
  if (search.tried.has(input)) return undefined;
  search.tried.add(input);
  for (const maker of search.makers.get(input) ?? []) {
    const below = await stackOf(search, maker);
    if (below !== undefined) return [...below, ...own];
  }
  return undefined;
}

async function ownLayers(
  { store, layers }: Search,
  { layers: ids, kind, parts }: CacheRecord,
): Promise<readonly SnapshotLayer[] | undefined> {
  const sources = parts.filter(([name]) => name === 'layer').map(([, value]) => value);
  const own: SnapshotLayer[] = [];
  for (const [index, id] of ids.entries()) {
    const origin = kind === 'base' ? await originOf(store, sources[index] ?? '') : undefined;
    if (!store.objects.has(id)) return undefined;
    if (origin === undefined && !(await layers.isStored(id))) return undefined;
    own.push(layers.layer(id, { origin }));
  }
  return own;
}

/** The blob of a base's layer, from the part of the key that names it (`baseSnapshot` writes it), where it is there. */
async function originOf(store: Store, part: string): Promise<LayerOrigin | undefined> {
  const [diffId, digest] = part.split(' from ').map(parseDigest);
  if (diffId === undefined || digest === undefined) return undefined;
  const size = await store.blobs.has(digest);
  if (size === undefined) return undefined;
  const descriptor = { mediaType: MEDIA.ociLayerGzip, digest, size };
  return { diffId, descriptor, open: () => store.blobs.open(digest, size) };
}
