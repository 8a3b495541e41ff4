// Writes the cache, or a part of it, so that it can be taken elsewhere. The same cache gives the same bytes.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobInfo, BlobStore } from '../../../cache/blob-store.ts';
import { diskBlobs } from '../../../cache/blobs.ts';
import { useCacheAlone } from '../../../cache/cache-mounts.ts';
import { readAbout } from '../../../cache/mount-about.ts';
import type { CacheRecord } from '../../../cache/records.ts';
import type { Store } from '../../../cache/store.ts';
import type { Digest } from '../../../core/digest.ts';
import { BuildError } from '../../../core/errors.ts';
import { gzip } from '../../../image/compress/gzip.ts';
import { LayerList } from '../../../image/layer-list.ts';
import { type Descriptor, MEDIA } from '../../../image/model.ts';
import { reachReads } from '../../../image/reads/read-set.ts';
import { emptyTree } from '../../../image/tree/empty-tree.ts';
import type { BuildEnvironment } from '../../environment.ts';
import { healing } from '../../exec/heal.ts';
import { layerForm } from '../../exec/isolation.ts';
import { type LayerStore, layerStore } from '../../exec/layer-store.ts';
import { withPackRunners } from '../../exec/pack-runners.ts';
import { openSandbox, type Sandbox } from '../../exec/sandbox.ts';
import { exportLayer, type LayerExport } from '../../export/layer-blob.ts';
import type { ListedMount } from '../mounts.ts';
import { chooseRecords } from './choose-records.ts';
import {
  CACHE_MEDIA,
  type CacheConfig,
  type CachedLayer,
  type CachedMount,
  encodeConfig,
  encodeManifest,
} from './format.ts';
import { mountToTar } from './mount-tar.ts';
import { packLists } from './pack-lists.ts';

export interface ExportChoice {
  readonly records: (record: CacheRecord) => boolean;
  readonly mounts: readonly ListedMount[];
}

export interface ExportedCache {
  /** The manifest, and every blob that it needs, itself among them. */
  readonly manifest: Descriptor;
  readonly blobs: readonly BlobInfo[];
  open(digest: Digest): AsyncIterable<Uint8Array>;
  readonly config: CacheConfig;
}

/** Gathers what `choice` says and gives it to `write`. What is made for that alone is gone afterwards; layers' blobs stay. */
export async function exportCache(
  store: Store,
  choice: ExportChoice,
  environment: BuildEnvironment,
  write: (cache: ExportedCache) => Promise<void>,
): Promise<ExportedCache> {
  const folder = join(store.lease.tmp, 'export');
  const made = diskBlobs(folder, folder);
  const sandbox = openSandbox(store, 'auto', environment);
  try {
    // A record whose result is damaged is left out, as in a build: nothing is written before all is gathered.
    const cache = await healing(store, environment, () =>
      gather(store, choice, { environment, made, sandbox }),
    );
    await write(cache);
    return cache;
  } finally {
    await sandbox.close();
  }
}

interface Gathering {
  readonly environment: BuildEnvironment;
  /** Takes what no store has. */
  readonly made: BlobStore;
  readonly sandbox: Sandbox;
}

async function gather(
  store: Store,
  choice: ExportChoice,
  gathering: Gathering,
): Promise<ExportedCache> {
  const { made } = gathering;
  const nothing = emptyTree(store.objects);
  const records = chooseRecords(sorted(store.records.list()), choice.records, nothing).filter(
    (record) => record.layers.every((id) => store.objects.has(id)),
  );
  const keys = new Set(records.map(({ key }) => key));
  const layers = await layerBlobs(store, records, gathering);
  const mounts = await mountBlobs(choice.mounts, gathering);
  const config: CacheConfig = {
    records,
    steps: stepsOf(store, keys),
    layers: layers.map(({ layer }) => layer),
    mounts: mounts.map(({ mount }) => mount),
  };
  const lists = await made.put(packLists(objectsOf(store, listsOf(store, records))));
  const reads = await made.put(packLists(objectsOf(store, readsOf(store, records))));
  const parts = unique([
    { mediaType: CACHE_MEDIA.entries, ...lists },
    { mediaType: CACHE_MEDIA.reads, ...reads },
    ...layers.map(({ descriptor }) => descriptor),
    ...mounts.map(({ descriptor }) => descriptor),
  ]);
  const described = { mediaType: CACHE_MEDIA.config, ...(await made.put([encodeConfig(config)])) };
  const manifest = await made.put([encodeManifest({ config: described, layers: parts })]);
  return {
    manifest: { mediaType: MEDIA.ociManifest, ...manifest },
    blobs: [manifest, described, ...parts].map(({ digest, size }) => ({ digest, size })),
    config,
    async *open(digest) {
      const holder = (await made.has(digest)) === undefined ? store.blobs : made;
      yield* holder.open(digest);
    },
  };
}

function sorted(records: Iterable<CacheRecord>): CacheRecord[] {
  return [...records].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Which of the exported records a step had last, for the steps that had any. */
function stepsOf({ records }: Store, keys: ReadonlySet<Digest>): CacheConfig['steps'] {
  return [...records.steps()]
    .map(([step, all]) => [step, all.filter((key) => keys.has(key))] as const)
    .filter(([, exported]) => exported.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function unique(descriptors: readonly Descriptor[]): Descriptor[] {
  return [...new Map(descriptors.map((each) => [each.digest, each])).values()];
}

/** The objects of the layers' lists. Throws E_STORE_CORRUPT where one is lost. */
function listsOf({ objects }: Store, records: readonly CacheRecord[]): readonly Digest[] {
  const digests = new Set<Digest>();
  for (const id of records.flatMap(({ layers }) => layers)) {
    digests.add(id);
    for (const part of LayerList.open(objects, id)?.parts ?? []) digests.add(part);
  }
  const lost = [...digests].find((digest) => objects.get(digest) === undefined);
  if (lost === undefined) return [...digests].sort();
  throw new BuildError('E_STORE_CORRUPT', `the store has lost ${lost} of a layer's list`, {
    hint: 'slipway cache verify',
  });
}

function* objectsOf({ objects }: Store, digests: Iterable<Digest>): Generator<Uint8Array> {
  for (const digest of digests) {
    const bytes = objects.get(digest);
    if (bytes !== undefined) yield bytes;
  }
}

/** The objects of the read sets: what the reader believes of them is up to whom it trusts. */
function readsOf({ objects }: Store, records: readonly CacheRecord[]): readonly Digest[] {
  const digests = new Set<Digest>();
  for (const { observed } of records) {
    if (observed?.reads !== undefined) reachReads(objects, observed.reads, digests);
  }
  return [...digests].sort();
}

/**
 * The layers' blobs, made where there are none. Those of base images come from where the image does, and those of a COPY
 * whose bytes only its context has come from there.
 */
function layerBlobs(
  store: Store,
  records: readonly CacheRecord[],
  { sandbox, environment: { signal, events } }: Gathering,
): Promise<FoundLayer[]> {
  const compressor = gzip();
  return withPackRunners(signal, (runners) => {
    const options = { store, compressor, force: false, epoch: undefined, runners, signal, events };
    return findLayers(options, records, layerStore(store, sandbox));
  });
}

interface FoundLayer {
  readonly layer: CachedLayer;
  readonly descriptor: Descriptor;
}

async function findLayers(
  options: LayerExport,
  records: readonly CacheRecord[],
  layers: LayerStore,
): Promise<FoundLayer[]> {
  const own = records.flatMap(({ kind, layers: ids }) => (kind === 'base' ? [] : ids));
  const found: FoundLayer[] = [];
  for (const id of [...new Set(own)].sort()) {
    options.signal.throwIfAborted();
    if (!(await layers.isStored(id))) continue;
    const { descriptor, diffId } = await exportLayer(options, layers.layer(id, {}));
    const layer = { id, diffId, blob: descriptor.digest, compressor: options.compressor.name };
    found.push({ layer, descriptor });
  }
  return found;
}

async function mountBlobs(
  mounts: readonly ListedMount[],
  { made, sandbox, environment: { signal } }: Gathering,
): Promise<{ readonly mount: CachedMount; readonly descriptor: Descriptor }[]> {
  const found: { mount: CachedMount; descriptor: Descriptor }[] = [];
  for (const mount of mounts) {
    const container = join(mount.root, mount.folder);
    const about = await readAbout(container, mount.name);
    if (about === undefined) continue;
    const isolation = await sandbox.isolation();
    const form = join(container, layerForm(isolation));
    if (
      !(await access(form).then(
        () => true,
        () => false,
      ))
    )
      continue;
    const used = await useCacheAlone(mount, signal);
    try {
      const { digest, size } = await made.putBy((_, path) =>
        mountToTar(isolation, mount, path, signal),
      );
      found.push({
        mount: { ...about, blob: digest },
        descriptor: { mediaType: CACHE_MEDIA.mount, digest, size },
      });
    } finally {
      await used.release();
    }
  }
  return found;
}
