// From the evaluated target to what was asked for. Layers are written, hashed and compressed as soon
// as the steps that made them are done, while later steps still run; the outputs come at the end.

import type { Store } from '../../cache/store.ts';
import type { Digest } from '../../core/digest.ts';
import { withSpan } from '../../core/errors.ts';
import type { ResolvedImage } from '../../image/source.ts';
import { treeSource } from '../copy/tree-source.ts';
import type { BuildEnvironment } from '../environment.ts';
import type { Evaluated } from '../exec/evaluate.ts';
import type { BuildOptions, OutputSpec } from '../options.ts';
import type { Graph, VertexId } from '../plan/graph.ts';
import type { BuildResult } from '../result.ts';
import type { Snapshot, SnapshotLayer } from '../snapshot.ts';
import { assembleImage } from './assemble-image.ts';
import { type ExportedLayer, exportLayer } from './layer-blob.ts';
import { outputName, writeFileSystem, writeImage } from './outputs.ts';

export interface Exporter {
  /** Starts on the layers of a vertex that has been evaluated, where an output will need them. */
  prepare(vertex: VertexId, snapshot: Snapshot): void;
  /** Writes every output. Throws E_OUTPUT and what reading the layers throws. */
  finish(results: ReadonlyMap<VertexId, Evaluated>): Promise<BuildResult>;
  /** Stops what `prepare` began and resolves when none of it uses the store any more. */
  close(): Promise<void>;
}

export interface ExporterOptions {
  readonly store: Store;
  readonly graph: Graph;
  readonly options: BuildOptions;
  readonly environment: BuildEnvironment;
}

/** Opens the exporter of one build. */
export function openExporter({ store, graph, options, environment }: ExporterOptions): Exporter {
  const wantsImage = options.outputs.some(isImageOutput);
  const targetChain = chainOf(graph);
  const exported = new Map<Digest, Promise<ExportedLayer>>();
  const closing = new AbortController();
  const signal = AbortSignal.any([environment.signal, closing.signal]);

  /** `vertex` is where the layer was seen first: the step that made it. */
  const start = (layer: SnapshotLayer, vertex: VertexId): Promise<ExportedLayer> => {
    const known = exported.get(layer.id);
    if (known !== undefined) return known;
    const { span } = graph.vertices[vertex] ?? {};
    const made = exportLayer(store, layer, options.sourceDateEpoch, signal).catch((error) => {
      throw withSpan(error, span);
    });
    made.catch(() => {});
    exported.set(layer.id, made);
    return made;
  };

  return {
    prepare(vertex, snapshot) {
      if (!wantsImage || !targetChain.has(vertex)) return;
      for (const layer of snapshot.layers) start(layer, vertex);
    },
    async finish(results) {
      const target = results.get(graph.target);
      if (target === undefined) throw new Error('the target was not evaluated');
      const image = wantsImage
        ? await assembleImage({
            store,
            graph,
            layers: await Promise.all(
              target.snapshot.layers.map((layer) => start(layer, graph.target)),
            ),
            results,
            epoch: options.sourceDateEpoch,
          })
        : undefined;
      for (const output of options.outputs) {
        await told(environment, output, image, async () => {
          if (isImageOutput(output))
            await writeImage({ store, options, environment }, output, image);
          else
            await writeFileSystem(
              environment,
              output,
              treeSource(store.objects, 'the image', target.snapshot),
            );
        });
      }
      return {
        digest: image?.manifest.digest,
        configDigest: image?.configDescriptor.digest,
        manifest: image?.manifest,
        names: [...new Set([...options.tags, ...options.outputs.flatMap(namesOf)])],
      };
    },
    async close() {
      closing.abort();
      await Promise.allSettled(exported.values());
    },
  };
}

async function told(
  { events }: BuildEnvironment,
  output: OutputSpec,
  image: ResolvedImage | undefined,
  work: () => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const name = outputName(output);
  events({ event: 'export-start', output: name });
  await work();
  const digest = isImageOutput(output) ? image?.manifest.digest : undefined;
  events({ event: 'export', output: name, digest, ms: Math.round(performance.now() - started) });
}

function isImageOutput(
  output: OutputSpec,
): output is Exclude<OutputSpec, { readonly type: 'local' | 'tar' }> {
  return output.type !== 'local' && output.type !== 'tar';
}

function namesOf(output: OutputSpec): readonly string[] {
  return isImageOutput(output) ? output.names : [];
}

/** The vertices whose layers are in the target's image. */
function chainOf(graph: Graph): ReadonlySet<VertexId> {
  const chain = new Set<VertexId>();
  for (let id: VertexId | undefined = graph.target; id !== undefined; ) {
    chain.add(id);
    const op: Graph['vertices'][number]['op'] | undefined = graph.vertices[id]?.op;
    id = op !== undefined && 'input' in op ? op.input : undefined;
  }
  return chain;
}
