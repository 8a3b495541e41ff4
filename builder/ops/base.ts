// FROM: the snapshot of an image. Each layer is read once, in one pass that checks its diffID and
// digests its files; from then on the tree is known and a FROM costs one look-up.

import { corrupt } from '../../cache/blob-verify.ts';
import type { Store } from '../../cache/store.ts';
import { digestOf } from '../../core/canonical.ts';
import type { Digest } from '../../core/digest.ts';
import { BuildError, isBuildError } from '../../core/errors.ts';
import { decompressLayer } from '../../image/compress/decompress.ts';
import type { Descriptor } from '../../image/model.ts';
import type { ResolvedImage } from '../../image/source.ts';
import { type IndexedLayer, indexLayer } from '../../image/tar/index-layer.ts';
import { completeParents } from '../../image/tree/complete-parents.ts';
import { emptyTree } from '../../image/tree/empty-tree.ts';
import { keepLayer } from '../exec/keep-layer.ts';
import type { LayerStore } from '../exec/layer-store.ts';
import type { LayerOrigin, Snapshot } from '../snapshot.ts';

export interface BaseResult {
  readonly snapshot: Snapshot;
  /** True where nothing had to be read. */
  readonly known: boolean;
}

/** What everything starts from that starts from nothing. */
export function emptySnapshot({ objects }: Pick<Store, 'objects'>): Snapshot {
  return { tree: emptyTree(objects), layers: [] };
}

/** The snapshot of `image`; undefined is scratch. Throws E_LAYER_INVALID and what pulling throws. */
export async function baseSnapshot(
  store: Store,
  layers: LayerStore,
  image: ResolvedImage | undefined,
): Promise<BaseResult> {
  const diffIds = image?.config.rootfs.diff_ids ?? [];
  if (image === undefined || diffIds.length === 0) {
    return { snapshot: emptySnapshot(store), known: true };
  }
  const origins = image.layers.map((descriptor, index) =>
    origin(store, image, descriptor, diffIds[index]),
  );
  const parts = [['op', 'base'], ...origins.map(keyPart)] as const;
  const key = digestOf('slipway-key/1', parts);
  const record = store.records.get(key);
  const whole =
    record?.layers.every((id) => store.objects.has(id)) === true && store.objects.has(record.tree);
  if (record !== undefined && whole) {
    const stacked = record.layers.map((id, index) => layers.layer(id, { origin: origins[index] }));
    return { snapshot: { tree: record.tree, layers: stacked }, known: true };
  }
  const started = Date.now();
  const indexes = await Promise.all(origins.map(readIndex));
  const ids: Digest[] = [];
  let tree = emptyTree(store.objects);
  for (const { entries } of indexes) {
    const completed = completeParents(store.objects, tree, entries);
    const kept = await keepLayer(store, tree, completed);
    ids.push(kept.layer);
    tree = kept.tree;
  }
  const now = Date.now();
  store.records.put({
    key,
    kind: 'base',
    step: `FROM ${image.name}`,
    parts,
    tree,
    layers: ids,
    created: now,
    used: now,
    ms: now - started,
  });
  const stacked = ids.map((id, index) => layers.layer(id, { origin: origins[index] }));
  return { snapshot: { tree, layers: stacked }, known: false };
}

/**
 * A record says that this very blob was seen to unpack to this diffID. By the diffID alone, an image that
 * lies about its own would be taken for the honest one, and its bytes for that one's layer (CVE-2014-8178).
 */
function keyPart({ diffId, descriptor }: LayerOrigin): readonly [string, string] {
  return ['layer', `${diffId} from ${descriptor.digest}`];
}

async function readIndex({ diffId, open, descriptor }: LayerOrigin): Promise<IndexedLayer> {
  const index = await indexLayer(decompressLayer(open())).catch(async (error: unknown) => {
    throw (await isWhole(open)) ? error : corrupt(descriptor.digest, 'the base image', why(error));
  });
  if (index.diffId === diffId) return index;
  throw new BuildError(
    'E_LAYER_INVALID',
    `layer ${descriptor.digest} unpacks to ${index.diffId}, but the image's config says ${diffId}`,
    { hint: 'the image is damaged or was tampered with; pull it again or use another' },
  );
}

/** Reads the blob to its end: where it is damaged, that is why its layer is, and the store drops it. */
async function isWhole(open: LayerOrigin['open']): Promise<boolean> {
  try {
    for await (const _ of open());
    return true;
  } catch (error) {
    if (isBuildError(error) && ['E_BLOB_CORRUPT', 'E_BLOB_MISSING'].includes(error.code))
      return false;
    throw error;
  }
}

function why(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The layer's blob, brought into the store when it is first opened. */
function origin(
  store: Store,
  image: ResolvedImage,
  descriptor: Descriptor,
  diffId: Digest | undefined,
): LayerOrigin {
  if (diffId === undefined) throw new Error(`${image.name} has more layers than diff ids`);
  const { digest, size } = descriptor;
  return {
    diffId,
    descriptor,
    async *open() {
      if ((await store.blobs.has(digest)) !== size) {
        await store.blobs.put(image.openBlob(descriptor), { digest, size });
      }
      yield* store.blobs.open(digest, size);
    },
  };
}
