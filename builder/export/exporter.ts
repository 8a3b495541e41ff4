// From the evaluated target to what was asked for. Layers are written, hashed and compressed as soon
// as the steps that made them are done, while later steps still run; the outputs come at the end.

import type { Store } from '../../cache/store.ts';
import { compressorFor } from '../../image/compress/compression.ts';
import type { ResolvedImage } from '../../image/source.ts';
import { treeSource } from '../copy/tree-source.ts';
import type { BuildEnvironment } from '../environment.ts';
import type { Evaluated } from '../exec/evaluate.ts';
import type { BuildOptions, OutputSpec } from '../options.ts';
import type { Graph, VertexId } from '../plan/graph.ts';
import type { BuildResult } from '../result.ts';
import type { Snapshot } from '../snapshot.ts';
import { assembleImage } from './assemble-image.ts';
import { datedSource } from './dated-source.ts';
import { layerExports } from './layer-exports.ts';
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
  const targetChain = chainOf(graph);
  const closing = new AbortController();
  const signal = AbortSignal.any([environment.signal, closing.signal]);
  const exports = layerExports({
    store,
    graph,
    epoch: options.sourceDateEpoch,
    signal,
    events: environment.events,
  });
  const forms = options.outputs.filter(isImageOutput).map(({ layers }) => layers);
  // A compressor that is not there is told before anything runs.
  for (const form of forms) compressorFor(form.compression);

  return {
    prepare(vertex, snapshot) {
      if (!targetChain.has(vertex)) return;
      for (const form of forms) exports.start(snapshot, form, vertex);
    },
    async finish(results) {
      const target = results.get(graph.target);
      if (target === undefined) throw new Error('the target was not evaluated');
      const images: ResolvedImage[] = [];
      for (const output of options.outputs) {
        if (isImageOutput(output)) {
          const image = await assembleImage({
            store,
            graph,
            layers: await exports.start(target.snapshot, output.layers, graph.target),
            results,
            epoch: options.sourceDateEpoch,
          });
          images.push(image);
          await told(environment, output, image, () =>
            writeImage({ store, options, environment }, output, image),
          );
        } else {
          const image = treeSource(store.objects, 'the image', target.snapshot);
          const tree = datedSource(image, options.sourceDateEpoch);
          await told(environment, output, undefined, () =>
            writeFileSystem(environment, output, tree),
          );
        }
      }
      return {
        tree: target.snapshot.tree,
        digest: images[0]?.manifest.digest,
        configDigest: images[0]?.configDescriptor.digest,
        manifest: images[0]?.manifest,
        names: [...new Set([...options.tags, ...options.outputs.flatMap(namesOf)])],
      };
    },
    async close() {
      closing.abort();
      await exports.settled();
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
  const digest = image?.manifest.digest;
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
