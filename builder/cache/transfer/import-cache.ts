// Reads an exported cache into the store. Nothing of it is believed that is not checked: every blob against its digest,
// every list of entries against the rules of layers, every layer's tar against its list and its diffID, every tree by
// making it again, every key against its parts. What cannot be checked is what a command came to: records are as
// trustworthy as who exported them, and say that they were imported.

import { collectChunks } from '../../../cache/blob-verify.ts';
import type { Store } from '../../../cache/store.ts';
import { safeText } from '../../../core/safe-text.ts';
import { checkLayerList } from '../../../image/check-layer-list.ts';
import { decompressLayer } from '../../../image/compress/decompress.ts';
import { gzip } from '../../../image/compress/gzip.ts';
import type { Entry } from '../../../image/entry.ts';
import { layerId } from '../../../image/layer-list.ts';
import { type LayoutReader, openChecked } from '../../../image/layout/read.ts';
import { MAX_MANIFEST_BYTES } from '../../../image/manifest.ts';
import type { Descriptor } from '../../../image/model.ts';
import { isReadSet } from '../../../image/reads/is-read-set.ts';
import { indexLayer } from '../../../image/tar/index-layer.ts';
import type { BuildEnvironment } from '../../environment.ts';
import { openSandbox } from '../../exec/sandbox.ts';
import { rememberLayerBlob } from '../../export/layer-blob-record.ts';
import { checkTrees } from './check-trees.ts';
import { damaged } from './damaged.ts';
import {
  CACHE_MEDIA,
  type CacheConfig,
  type CachedLayer,
  type CachedMount,
  type CacheManifest,
  MAX_CONFIG_BYTES,
  notACache,
  parseCacheManifest,
  parseConfig,
} from './format.ts';
import { mountFromTar } from './mount-tar.ts';
import { unpackLists } from './pack-lists.ts';

export interface ImportChoice {
  readonly records: boolean;
  /** Records may be taken for another input by what they say that their steps read. */
  readonly trustReads: boolean;
  /** Which mounts; none where it is always false. */
  readonly mounts: (mount: CachedMount) => boolean;
  /** Mounts in place of those that are there. */
  readonly replace: boolean;
}

export interface ImportedCache {
  /** Records that are new here, and those that were there. */
  readonly records: number;
  readonly known: number;
  readonly layers: number;
  readonly mounts: readonly {
    readonly mount: CachedMount;
    readonly outcome: 'made' | 'kept' | 'in use';
  }[];
}

/** Imports what `choice` says of the cache in `source`. Throws E_CACHE_ARCHIVE and what the blobs' checks throw. */
export async function importCache(
  store: Store,
  source: LayoutReader,
  choice: ImportChoice,
  environment: BuildEnvironment,
): Promise<ImportedCache> {
  const { manifest, config } = await readCache(source);
  const cache = { manifest, config };
  if (choice.records) await importLayers(store, source, cache, environment.signal);
  const mounts = await importMounts(store, source, cache, choice, environment);
  // Last, when everything else has been found to be right: no build finds a part of it.
  const known = choice.records ? putRecords(store, config, choice.trustReads) : 0;
  await store.flush();
  const { length } = choice.records ? config.records : [];
  return {
    records: length - known,
    known,
    layers: choice.records ? config.layers.length : 0,
    mounts,
  };
}

interface Cache {
  readonly manifest: CacheManifest;
  readonly config: CacheConfig;
}

async function readCache(source: LayoutReader): Promise<Cache> {
  const entry = source.index.manifests.find(
    ({ artifactType }) => artifactType === CACHE_MEDIA.artifact || artifactType === undefined,
  );
  if (entry === undefined) throw notACache(source.place);
  const whole = (descriptor: Descriptor, most: number): Promise<Buffer> =>
    collectChunks(openChecked(source, descriptor), most, () => notACache(source.place));
  const manifest = parseCacheManifest(await whole(entry, MAX_MANIFEST_BYTES), source.place);
  const bytes = await whole(manifest.config, MAX_CONFIG_BYTES);
  return { manifest, config: parseConfig(bytes, source.place, Date.now()) };
}

/** Brings in the lists and tars of layers, and checks that the records are made of them. */
async function importLayers(
  store: Store,
  source: LayoutReader,
  { manifest, config }: Cache,
  signal: AbortSignal,
): Promise<void> {
  for (const part of manifest.layers) {
    if (part.mediaType !== CACHE_MEDIA.entries && part.mediaType !== CACHE_MEDIA.reads) continue;
    for await (const bytes of unpackLists(openChecked(source, part), source.place)) {
      signal.throwIfAborted();
      store.objects.put(bytes);
      await store.objects.settled();
    }
  }
  for (const { step, observed } of config.records) {
    if (observed?.reads === undefined || isReadSet(store.objects, observed.reads)) continue;
    throw damaged(source.place, `what ${safeText(step)} read is no read set`);
  }
  const blobs = new Map(config.layers.map((layer) => [layer.id, layer]));
  for (const id of new Set(config.records.flatMap((record) => record.layers))) {
    signal.throwIfAborted();
    const entries = checkLayerList(store.objects, id);
    if (entries === undefined) throw damaged(source.place, `it lacks the list of the layer ${id}`);
    const layer = blobs.get(id);
    if (layer !== undefined) await importLayer(store, source, manifest, { layer, entries });
  }
  await checkTrees(store, config.records, source.place, signal);
}

/** Records the results, and says how many were there: a record of one's own is worth more than a stranger's. */
function putRecords(store: Store, { records, steps }: CacheConfig, trustReads: boolean): number {
  const isNew = records.filter(({ key }) => store.records.get(key) === undefined);
  for (const record of isNew) store.records.put(record);
  for (const { key, observed } of trustReads ? records : []) {
    const record = store.records.get(key);
    if (record?.imported !== undefined)
      store.records.put({ ...record, observed, imported: 'trusted' });
  }
  const imported = new Set(records.map(({ key }) => key));
  for (const [fingerprint, keys] of steps) {
    const [known] = store.records.byStep(fingerprint);
    if (known !== undefined) continue;
    // The newest comes last, so that it is the newest here.
    for (const key of keys.toReversed()) {
      if (imported.has(key)) store.records.addToStep(fingerprint, key);
    }
  }
  return records.length - isNew.length;
}

/** Takes a layer's blob into the store once it is what the layer's list says. */
async function importLayer(
  store: Store,
  source: LayoutReader,
  manifest: CacheManifest,
  { layer, entries }: { readonly layer: CachedLayer; readonly entries: readonly Entry[] },
): Promise<void> {
  const { place } = source;
  const descriptor = manifest.layers.find(({ digest }) => digest === layer.blob);
  if (descriptor === undefined) throw damaged(place, `it lacks the tar of the layer ${layer.id}`);
  const { digest, size } = descriptor;
  const tar = await indexLayer(decompressLayer(openChecked(source, descriptor)));
  const isSame = layerId(tar.entries) === layerId(inTar(entries));
  if (!isSame || tar.diffId !== layer.diffId) {
    throw damaged(place, `the tar of the layer ${layer.id} is not what its list says`);
  }
  if ((await store.blobs.has(digest)) !== size) {
    await store.blobs.put(openChecked(source, descriptor), { digest, size });
  }
  const own = gzip();
  const compressor = layer.compressor === own.name ? own : undefined;
  rememberLayerBlob(store, layer.id, compressor, { diffId: layer.diffId, digest, size });
}

/** A tar has whole seconds. */
function inTar(entries: readonly Entry[]): readonly Entry[] {
  return entries.map((entry) => {
    const rest = ((entry.mtime % BILLION) + BILLION) % BILLION;
    return { ...entry, mtime: entry.mtime - rest };
  });
}

const BILLION = 1_000_000_000n;

async function importMounts(
  store: Store,
  source: LayoutReader,
  { manifest, config }: Cache,
  { mounts: wanted, replace }: ImportChoice,
  environment: BuildEnvironment,
): Promise<ImportedCache['mounts']> {
  const chosen = config.mounts.filter(wanted);
  if (chosen.length === 0) return [];
  const sandbox = openSandbox(store, 'auto', environment);
  try {
    const isolation = await sandbox.isolation();
    const done: { mount: CachedMount; outcome: 'made' | 'kept' | 'in use' }[] = [];
    for (const mount of chosen) {
      const descriptor = manifest.layers.find(({ digest }) => digest === mount.blob);
      if (descriptor === undefined) throw damaged(source.place, 'it lacks a mount');
      const tar = openChecked(source, descriptor);
      const outcome = await mountFromTar(store, isolation, mount, tar, { replace });
      done.push({ mount, outcome });
    }
    return done;
  } finally {
    await sandbox.close();
  }
}
