// From a snapshot and a planned config to an OCI image in the store's blobs.

import type { Store } from '../../cache/store.ts';
import { sha256 } from '../../core/digest.ts';
import {
  type Descriptor,
  type HistoryEntry,
  type ImageConfig,
  type Manifest,
  MEDIA,
} from '../../image/model.ts';
import type { ResolvedImage } from '../../image/source.ts';
import type { Evaluated } from '../exec/evaluate.ts';
import type { Graph, VertexId } from '../plan/graph.ts';
import type { ExportedLayer } from './layer-blob.ts';

export interface AssembleOptions {
  readonly store: Store;
  readonly graph: Graph;
  readonly layers: readonly ExportedLayer[];
  /** What each vertex came to. */
  readonly results: ReadonlyMap<VertexId, Evaluated>;
  /** Seconds; the newest time that the image may hold. */
  readonly epoch: number | undefined;
}

/** Puts config and manifest into the store and returns the image. */
export async function assembleImage(options: AssembleOptions): Promise<ResolvedImage> {
  const { store, graph, layers } = options;
  const history = finishHistory(options);
  const created = newest([graph.config.created, ...history.map((entry) => entry.created)]);
  const config: ImageConfig = {
    ...graph.config,
    ...(created === undefined ? {} : { created }),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history,
  };
  const configBytes = Buffer.from(JSON.stringify(config));
  const configDescriptor = await put(store, MEDIA.ociConfig, configBytes);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: configDescriptor,
    layers: layers.map(({ descriptor }) => ociDescriptor(descriptor)),
  };
  const manifestBytes = Buffer.from(JSON.stringify(manifest));
  const descriptor = await put(store, MEDIA.ociManifest, manifestBytes);
  return {
    name: descriptor.digest,
    manifest: descriptor,
    manifestBytes,
    configDescriptor,
    configBytes,
    config,
    layers: manifest.layers,
    openBlob: ({ digest, size }, use) => store.blobs.open(digest, size, use),
  };
}

/** An entry that tells of a layer is of the time when that layer was made. */
function finishHistory({ graph, results, epoch }: AssembleOptions): HistoryEntry[] {
  let last: number | undefined;
  return graph.history.map(({ entry, vertex }) => {
    if (entry.created !== undefined) return entry;
    const result = vertex === undefined ? undefined : results.get(vertex);
    if (result !== undefined) last = Math.max(last ?? 0, result.created);
    const time = epoch === undefined ? last : epoch * 1000;
    return {
      ...(time === undefined ? {} : { created: new Date(time).toISOString() }),
      ...entry,
    };
  });
}

function newest(times: readonly (string | undefined)[]): string | undefined {
  const known = times.flatMap((time) => (time === undefined ? [] : [time]));
  return known.sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1);
}

async function put(store: Store, mediaType: string, bytes: Buffer): Promise<Descriptor> {
  const digest = sha256(bytes);
  if ((await store.blobs.has(digest)) !== bytes.byteLength) await store.blobs.put([bytes]);
  return { mediaType, digest, size: bytes.byteLength };
}

/** A Docker layer in an OCI manifest goes by the OCI name: the bytes are the same. */
function ociDescriptor(descriptor: Descriptor): Descriptor {
  const { digest, size } = descriptor;
  const known: Readonly<Record<string, string>> = {
    [MEDIA.dockerLayerGzip]: MEDIA.ociLayerGzip,
    'application/vnd.docker.image.rootfs.diff.tar': MEDIA.ociLayer,
    'application/vnd.docker.image.rootfs.diff.tar.zstd': MEDIA.ociLayerZstd,
  };
  return { mediaType: known[descriptor.mediaType] ?? descriptor.mediaType, digest, size };
}
