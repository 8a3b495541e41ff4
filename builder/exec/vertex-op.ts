// Binds a vertex of the graph to the snapshots that it starts from: the one place where the kinds of
// ops are told apart.

import { join } from 'node:path';
import type { Store } from '../../cache/store.ts';
import { BuildError } from '../../core/errors.ts';
import { formatPlatform } from '../../image/model.ts';
import { emptyTree } from '../../image/tree/empty-tree.ts';
import { literalPattern } from '../copy/glob.ts';
import type { CopySource } from '../copy/source.ts';
import { treeSource } from '../copy/tree-source.ts';
import type { FailedRunHandler } from '../failed-run.ts';
import { copyOp } from '../ops/copy.ts';
import type { Op } from '../ops/op.ts';
import { runOp } from '../ops/run.ts';
import { type BoundSource, runMounts } from '../ops/run-mounts.ts';
import { workdirOp } from '../ops/workdir.ts';
import type {
  BaseSpec,
  CopySpec,
  MountSpec,
  OpSpec,
  RunSpec,
  SourceRef,
  Vertex,
} from '../plan/graph.ts';
import type { Remote } from '../remote/remote.ts';
import type { Snapshot } from '../snapshot.ts';
import type { StepOptions } from '../step-options.ts';
import { keepLayer } from './keep-layer.ts';
import type { LayerStore } from './layer-store.ts';
import type { StepNetwork } from './network.ts';
import type { Reuse } from './reuse.ts';
import type { Isolation } from './runner.ts';
import type { Sandbox } from './sandbox.ts';

export interface OpContext {
  readonly store: Store;
  readonly layers: LayerStore;
  readonly isolation: () => Promise<Isolation>;
  readonly context: (name: string | undefined) => Promise<CopySource>;
  readonly secret: (id: string) => Promise<Buffer | undefined>;
  /** The address of an SSH agent's socket, or undefined where it was not given. */
  readonly agent: (id: string) => Promise<string | undefined>;
  readonly remote: Pick<Remote, 'op'>;
  readonly network: StepNetwork;
  readonly steps: StepOptions;
  readonly reuse: (vertex: Vertex) => Reuse;
  readonly sandbox: Pick<Sandbox, 'limit' | 'dump' | 'root' | 'defaultNetwork'>;
  readonly hostCa: Sandbox['hostCa'];
  readonly signal: AbortSignal;
  readonly onFailedRun: FailedRunHandler | undefined;
  /** The snapshot of a vertex that has been evaluated. */
  readonly snapshot: (vertex: number) => Snapshot;
}

/** Returns the op of any vertex but a base. */
export async function vertexOp(
  context: OpContext,
  vertex: Vertex & { readonly op: Exclude<OpSpec, BaseSpec> },
): Promise<Op> {
  const { objects } = context.store;
  const spec = vertex.op;
  if (spec.kind === 'fetch') return context.remote.op(spec.source);
  const input = context.snapshot(spec.input);
  const image = treeSource(objects, 'the image', input);
  switch (spec.kind) {
    case 'workdir':
      return workdirOp(spec, { objects, tree: input.tree, image, spool: context.layers.spool });
    case 'copy': {
      const from = await sourceOf(context, spec.from);
      const { spool, temporary } = context.layers;
      const fetched = spec.fetched.map(({ vertex: id }) =>
        treeSource(objects, 'what was fetched', context.snapshot(id)),
      );
      return copyOp(spec, {
        objects,
        tree: input.tree,
        image,
        from,
        fetched,
        spool,
        temporary,
        span: vertex.span,
      });
    }
    case 'run':
      return runVertex(context, vertex, spec, input);
  }
}

async function runVertex(
  context: OpContext,
  vertex: Vertex,
  spec: RunSpec,
  input: Snapshot,
): Promise<Op> {
  const onFailed = context.onFailedRun;
  const bound = new Map<MountSpec, BoundSource>();
  for (const mount of spec.mounts) {
    if (mount.type === 'bind')
      bound.set(mount, await bindSource(context, mount.source, mount.path));
  }
  return runOp(spec, {
    objects: context.store.objects,
    input,
    layers: context.layers,
    isolation: context.isolation,
    mounts: runMounts({
      objects: context.store.objects,
      specs: spec.mounts,
      layers: context.layers,
      isolation: context.isolation,
      cacheRoot: join(context.store.home, 'mounts'),
      secret: context.secret,
      agent: context.agent,
      signal: context.signal,
      cacheSource: async ({ from }) => from && (await sourceOf(context, from)),
      bind(mount) {
        const source = bound.get(mount);
        if (source === undefined) throw new Error('a bind mount of another step');
        return source;
      },
    }),
    network: networkOf(context, vertex, spec),
    steps: context.steps,
    sandbox: context.sandbox,
    hostCa: context.hostCa,
    platform: formatPlatform(vertex.platform),
    tracesAll: context.reuse(vertex).policy === 'traced',
    signal: context.signal,
    onFailed: onFailed && ((failed) => onFailed({ id: vertex.id, step: vertex.name, ...failed })),
    span: vertex.span,
  });
}

/** The step's own --network beats the build's, but no Dockerfile gives back what the caller took away. Throws E_FLAG_VALUE. */
function networkOf({ network }: OpContext, { span }: Vertex, spec: RunSpec): StepNetwork {
  if (network === 'none' && spec.network === 'host') {
    throw new BuildError('E_FLAG_VALUE', 'the build has no network, and this step asks for it', {
      span,
      hint: 'build without --network=none, or take --network=host out of the RUN',
    });
  }
  return spec.network === 'default' ? network : spec.network;
}

async function sourceOf(context: OpContext, ref: SourceRef): Promise<CopySource> {
  if (ref.kind === 'context') return context.context(ref.name);
  return treeSource(context.store.objects, 'the stage', context.snapshot(ref.vertex));
}

/** A stage is shown as its layers are; of a context a layer is made of what is asked for, so that it cannot change under the step. */
async function bindSource(context: OpContext, ref: SourceRef, path: string): Promise<BoundSource> {
  const source = await sourceOf(context, ref);
  if (ref.kind === 'vertex') {
    const snapshot = context.snapshot(ref.vertex);
    return { source, snapshot: async () => ({ snapshot, path: relative(path) }) };
  }
  return {
    source,
    async snapshot() {
      const node = await source.stat(path);
      const at = node?.path ?? relative(path);
      const op = copyOp(copyOfContext(ref, at), {
        objects: context.store.objects,
        tree: emptyTree(context.store.objects),
        image: source,
        from: source,
        fetched: [],
        spool: context.layers.spool,
        temporary: context.layers.temporary,
        span: undefined,
      });
      const { entries } = await op.run({ log: () => {} });
      const below = emptyTree(context.store.objects);
      const { layer: id, tree } = await keepLayer(context.store, below, entries);
      const layers = [context.layers.layer(id, { contents: await op.contents() })];
      return { snapshot: { tree, layers }, path: at };
    },
  };
}

function copyOfContext(from: SourceRef, path: string): CopySpec {
  return {
    kind: 'copy',
    input: 0,
    instruction: 'COPY',
    from,
    sources: [literalPattern(path)],
    fetched: [],
    inline: [],
    destination: `/${path}`,
    chown: undefined,
    chmod: undefined,
    link: false,
    parents: false,
    exclude: [],
    unpack: false,
  };
}

function relative(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}
