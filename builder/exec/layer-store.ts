// The layers of a build: their entries from the database, their bytes from wherever they are now (the
// unpacked folder, the op that made them, the base image's blob, the compressed blob), and their
// folders on disk, each made at most once and only when a RUN or a reader needs it.

import { mkdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { BuildError } from '../../core/errors.ts';
import { Spool } from '../../core/spool.ts';
import { decompressLayer } from '../../image/compress/decompress.ts';
import type { Entry } from '../../image/entry.ts';
import type { LayerContents, LayerEntries } from '../../image/layer.ts';
import { LayerList } from '../../image/layer-list.ts';
import { layerToEntryStream } from '../../image/tar/layer-to-entry-stream.ts';
import { ownTarToEntryStream } from '../../image/tar/own-tar-to-entry-stream.ts';
import { findAnyLayerBlob } from '../export/layer-blob-record.ts';
import type { LayerOrigin, SnapshotLayer } from '../snapshot.ts';
import { hardLinksOfLayers } from './hard-links.ts';
import { type KeptFolders, keptFolders } from './kept-folders.ts';
import { entriesToStream, extractInto, readFromFolder } from './layer-transfer.ts';
import { placesInFolder } from './places-in-folder.ts';
import type { Sandbox } from './sandbox.ts';
import { StepRoots } from './step-roots.ts';

export interface LayerStore {
  /** Layers put together in real folders, where nothing can be stacked. */
  readonly roots: StepRoots;
  /** The layer with this id; `contents` says where its bytes are while neither folder nor blob is there. */
  layer(
    id: Digest,
    from: { contents?: LayerContents | undefined; origin?: LayerOrigin | undefined },
  ): SnapshotLayer;
  /** True where the layer's bytes can be had from the store alone. */
  isStored(id: Digest): Promise<boolean>;
  /** The folder to stack; made first where it is not there. */
  folder(layer: SnapshotLayer): Promise<string>;
  /** Keeps a folder that holds the layer, made by this build from bytes that were checked. */
  publish(id: Digest, folder: string): Promise<void>;
  /** A new, empty folder for temporaries of this build. */
  temporary(): Promise<string>;
  /** Takes what a build needs again and has no room for in memory. */
  readonly spool: Spool;
}

/** The rung is asked for only when a folder must be read or made. */
export function layerStore(
  store: Store,
  { isolation, layerForm }: Pick<Sandbox, 'isolation' | 'layerForm'>,
): LayerStore {
  const making = new Map<Digest, Promise<string>>();
  const given = new Map<Digest, LayerContents>();
  const linksOf = hardLinksOfLayers(store);

  const temporary = async (): Promise<string> => makeTemporary(store);
  const kept = keptFolders(store, temporary);

  const listOf = (id: Digest): LayerList => {
    const list = LayerList.open(store.objects, id);
    if (list === undefined) throw layerLost(id);
    return list;
  };

  const make = async (layer: SnapshotLayer, given: LayerContents | undefined): Promise<string> => {
    const form = await layerForm();
    const path = store.layers.path(layer.id, form);
    if (store.layers.has(layer.id, form)) return path;
    const container = join(await temporary(), 'layer');
    await mkdir(join(container, form), { recursive: true });
    await extractInto(
      await isolation(),
      join(container, form),
      await streamOf(store, layer, given),
    );
    await kept.publish(layer.id, container);
    return path;
  };

  const folderOf = (layer: SnapshotLayer, given: LayerContents | undefined): Promise<string> => {
    const known = making.get(layer.id);
    if (known !== undefined) return known;
    const made = make(layer, given);
    making.set(layer.id, made);
    made.catch(() => making.delete(layer.id));
    return made;
  };

  const inFolder = folderPlaces(store, kept, { isolation, layerForm });
  return {
    roots: new StepRoots(store.objects, temporary),
    temporary,
    spool: new Spool(join(store.lease.tmp, `spool-${temporaries++}`)),
    publish: kept.publish,
    folder: (layer) => folderOf(layer, given.get(layer.id)),
    isStored: async (id) =>
      store.layers.has(id, await layerForm()) || (await findAnyLayerBlob(store, id)) !== undefined,
    layer(id, { contents, origin }) {
      if (contents !== undefined) given.set(id, contents);
      /** What the step that made it has, until it is unpacked. */
      const unkept = async (): Promise<LayerContents | undefined> =>
        contents && !store.layers.has(id, await layerForm()) ? contents : undefined;
      const read = async function* (this: void, files: readonly Entry[]) {
        const made = await unkept();
        if (made !== undefined) yield* made.read(files);
        else {
          const folder = await folderOf(layer, contents);
          yield* kept.check(id, readFromFolder(await isolation(), folder, files));
        }
      };
      const places = async () => ((await unkept()) ?? (await inFolder(id)))?.places?.();
      const contentsOf = { read, places };
      const entries = () => listOf(id);
      const hardLinks = () => linksOf(id, entries);
      const layer: SnapshotLayer = { id, origin, entries, hardLinks, contents: contentsOf };
      return layer;
    },
  };
}

/** Layers whose files the runner can read in their folders. */
function folderPlaces(
  { layers }: Store,
  kept: KeptFolders,
  { isolation, layerForm }: Pick<Sandbox, 'isolation' | 'layerForm'>,
): (id: Digest) => Promise<Pick<LayerContents, 'places'> | undefined> {
  return async (id) => {
    // Elsewhere its files may be readable inside of the runner's user namespace only.
    if (!kept.isTrusted(id) || (await isolation()).rung !== 'root') return undefined;
    const folder = layers.path(id, await layerForm());
    return { places: async () => placesInFolder(folder) };
  };
}

/** Counted for all builds of the process: one that begins again has the folder of the first. */
let temporaries = 0;

function makeTemporary({ lease }: Store): string {
  const path = join(lease.tmp, String(temporaries++));
  // Synchronous: a trip to the thread pool costs more than the call, and each RUN makes several.
  mkdirSync(path);
  return path;
}

/** The layer as an entry stream, from the nearest place that has its bytes. */
async function streamOf(
  store: Store,
  layer: SnapshotLayer,
  given: LayerContents | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  const entries = layer.entries();
  if (given !== undefined) return entriesToStream(entries, given);
  if (layer.origin !== undefined) {
    const impliedDirectory = directoryAmong(entries);
    return layerToEntryStream(decompressLayer(layer.origin.open()), { impliedDirectory });
  }
  const blob = await openOwnBlob(store, layer.id);
  if (blob === undefined) throw layerLost(layer.id);
  return ownTarToEntryStream(entries, decompressLayer(blob));
}

async function openOwnBlob(
  store: Store,
  layer: Digest,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const blob = await findAnyLayerBlob(store, layer);
  return blob && store.blobs.open(blob.digest, blob.size);
}

/** The directories of completed entries: a layer has an entry for every parent of its paths. */
function directoryAmong(list: LayerEntries): (path: string) => Entry {
  return (path) => {
    const entry = list.find(path);
    if (entry?.type !== 'dir') throw new Error(`the layer has no directory ${path}`);
    return entry;
  };
}

function layerLost(layer: Digest): BuildError {
  return new BuildError('E_STORE_CORRUPT', `the store has no bytes of layer ${layer}`, {
    hint: 'build again with --no-cache',
  });
}
