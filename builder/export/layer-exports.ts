// The layers of one build on their way to blobs: each is written once for each way of compression,
// whichever outputs ask for it.

import type { Store } from '../../cache/store.ts';
import { withSpan } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import { compressorFor } from '../../image/compress/compression.ts';
import type { Compressor } from '../../image/compress/compressor.ts';
import { PackRunners } from '../exec/pack-runners.ts';
import type { LayerForm } from '../options.ts';
import type { Graph, VertexId } from '../plan/graph.ts';
import type { Snapshot, SnapshotLayer } from '../snapshot.ts';
import { type ExportedLayer, exportLayer } from './layer-blob.ts';

export interface LayerExports {
  /**
   * Starts on the layers of a snapshot that nothing has started on, and resolves when all of them are in the store.
   * `vertex` is blamed for the layers that are seen for the first time. A failure may go unawaited.
   */
  start(snapshot: Snapshot, form: LayerForm, vertex: VertexId): Promise<readonly ExportedLayer[]>;
  /** Resolves when nothing that was started uses the store any more. */
  settled(): Promise<void>;
}

export interface LayerExportsOptions {
  readonly store: Store;
  readonly graph: Graph;
  /** See LayerExport. */
  readonly epoch: number | undefined;
  readonly signal: AbortSignal;
  readonly events: EventSink;
}

/** Makes the exports of one build. */
export function layerExports({ graph, ...options }: LayerExportsOptions): LayerExports {
  const started = new Map<string, Promise<ExportedLayer>>();
  const runners = new PackRunners(options.signal);

  const startLayer = (
    layer: SnapshotLayer,
    { force, compressor }: { readonly force: boolean; readonly compressor: Compressor },
    vertex: VertexId,
  ) => {
    const key = `${layer.id} ${compressor.name} ${force}`;
    const known = started.get(key);
    if (known !== undefined) return known;
    const { span } = graph.vertices[vertex] ?? {};
    const made = exportLayer({ ...options, runners, compressor, force }, layer).catch(
      (error: unknown) => {
        throw withSpan(error, span);
      },
    );
    started.set(key, made);
    return made;
  };

  return {
    start({ layers }, { compression, force }, vertex) {
      const how = { force, compressor: compressorFor(compression) };
      const all = Promise.all(layers.map((layer) => startLayer(layer, how, vertex)));
      all.catch(() => {});
      return all;
    },
    async settled() {
      await Promise.allSettled(started.values());
      await runners.close();
    },
  };
}
