// The one public entry of the builder: from a Dockerfile to an image. Parses and plans, evaluates the
// graph, exports what the target came to; everything that happens is told in events.

import { availableParallelism } from 'node:os';
import { openStore, type Store } from '../cache/store.ts';
import { BuildError, isBuildError } from '../core/errors.ts';
import type { BuildEnded, EventSink } from '../core/events.ts';
import { keepBelowCap } from './cache/cap.ts';
import { openContexts } from './context/contexts.ts';
import { checkEntitlements } from './entitlements.ts';
import type { BuildEnvironment } from './environment.ts';
import { type EvaluateContext, type Evaluated, evaluate } from './exec/evaluate.ts';
import { evaluateBase } from './exec/evaluate-base.ts';
import { healing } from './exec/heal.ts';
import { type LayerStore, layerStore } from './exec/layer-store.ts';
import { PathOrigins } from './exec/path-origins.ts';
import { reuseOf } from './exec/reuse.ts';
import { cancelled } from './exec/run-step.ts';
import { openSandbox, type Sandbox } from './exec/sandbox.ts';
import { runGraph } from './exec/scheduler.ts';
import { type SshAgents, sshAgents } from './exec/ssh-agents.ts';
import { vertexOp } from './exec/vertex-op.ts';
import { type Exporter, openExporter } from './export/exporter.ts';
import { type BuildRecorder, recordBuild } from './history/record-build.ts';
import { newBuildId } from './log/build-id.ts';
import { BuildLog } from './log/build-log.ts';
import { emptySnapshot } from './ops/base.ts';
import type { BuildOptions } from './options.ts';
import type { VertexId } from './plan/graph.ts';
import { type PlannedBuild, planBuild } from './plan-build.ts';
import { openRemote, type Remote } from './remote/remote.ts';
import type { RemoteSource } from './remote/remote-source.ts';
import type { BuildResult } from './result.ts';
import { readSecret } from './secrets.ts';

/**
 * Builds an image. Throws BuildError: E_CANCELLED soon after the signal aborts, the errors of the Dockerfile
 * with their place, E_RUN_FAILED with the command's exit status.
 */
export async function build(options: BuildOptions, outer: BuildEnvironment): Promise<BuildResult> {
  const started = performance.now();
  const store = await openStore(outer.home);
  const id = newBuildId(Date.now());
  const log = new BuildLog(store.home, id, outer.events);
  const recorder = recordBuild(store.home, id, options);
  const events: EventSink = (event) => {
    log.onEvent(event);
    recorder.onEvent(event);
    outer.events(event);
  };
  const end = (outcome: Pick<BuildEnded, 'ok' | 'digest' | 'code'>): void => {
    const done = { ...outcome, ms: Math.round(performance.now() - started) };
    recorder.finish(done, events);
    events({ event: 'done', ...done });
  };
  const environment = { ...outer, events };
  if (store.hasBegunAnew) {
    const why = 'the old one was damaged; images stay, steps run again';
    events({ event: 'choice', subject: 'store', chosen: 'a new database', why });
  }
  const sandbox = openSandbox(store, options.isolation, environment);
  let failed = true;
  try {
    const work = canBeginAgain(options)
      ? healing(store, environment, () => buildIn(store, sandbox, options, environment, recorder))
      : buildIn(store, sandbox, options, environment, recorder);
    work.catch(() => {});
    const result = await Promise.race([work, rejectOnAbort(environment.signal)]);
    await keepBelowCap(store, options.cacheMax, environment);
    end({ ok: true, digest: result.digest });
    failed = false;
    return result;
  } catch (error) {
    const reason = environment.signal.aborted ? cancelled() : error;
    const code = isBuildError(reason) ? reason.code : undefined;
    if (!environment.signal.aborted) await keepBelowCap(store, options.cacheMax, environment);
    end({ ok: false, code });
    throw withLog(reason, log);
  } finally {
    log.close();
    await sandbox.close();
    await store.close().catch((error: unknown) => {
      // A disk that a step has filled takes no records either: what failed first is what counts.
      if (!failed) throw error;
    });
  }
}

/** The error of a step's command says where all that the step wrote is. */
function withLog(error: unknown, { path }: BuildLog): unknown {
  if (!isBuildError(error) || error.code !== 'E_RUN_FAILED' || error.hint !== undefined) {
    return error;
  }
  const hint = `the whole log is in ${path}`;
  return new BuildError(error.code, error.message, { ...error, cause: error.cause, hint });
}

/** What has gone to standard output cannot be taken back. */
function canBeginAgain({ outputs }: BuildOptions): boolean {
  return !outputs.some((output) => 'dest' in output && output.dest === '-');
}

async function buildIn(
  store: Store,
  sandbox: Sandbox,
  options: BuildOptions,
  environment: BuildEnvironment,
  recorder: BuildRecorder,
): Promise<BuildResult> {
  const layers = layerStore(store, sandbox);
  const agents = sshAgents(options.ssh, layers.temporary, environment.variables['PATH']);
  const remote = openRemote({
    store,
    environment,
    temporary: layers.temporary,
    secret: (id) => readSecret(options.secrets, environment.variables, id),
    agents,
  });
  const timeOf = async (source: RemoteSource): Promise<number | undefined> =>
    (await import('./remote/time-of.ts')).timeOf(source, remote, store.blobs);
  let exporter: Exporter | undefined;
  try {
    const planned = await planBuild(store, options, environment, timeOf);
    const { graph } = planned;
    checkEntitlements(graph, options);
    recorder.planned(graph);
    environment.events({
      event: 'build',
      id: recorder.id,
      dockerfile: options.dockerfile.name,
      target: options.target ?? '',
      steps: graph.vertices.length,
    });
    const exportOptions = { ...options, sourceDateEpoch: graph.sourceDateEpoch };
    exporter = openExporter({ store, graph, options: exportOptions, environment });
    const opened = { store, layers, options, environment, sandbox, remote, agents };
    const results = await evaluateGraph({ ...opened, planned, exporter });
    environment.signal.throwIfAborted();
    const result = await exporter.finish(results);
    await store.flush();
    return result;
  } finally {
    await agents.close();
    await remote.close();
    await exporter?.close();
    layers.spool.close();
  }
}

/** Tells one project's context from another's. */
function placeOf(context: BuildOptions['context']): string {
  return context.kind === 'directory' ? (context.origin ?? context.path) : '';
}

interface GraphInputs {
  readonly store: Store;
  readonly layers: LayerStore;
  readonly planned: PlannedBuild;
  readonly options: BuildOptions;
  readonly environment: BuildEnvironment;
  readonly sandbox: Sandbox;
  readonly exporter: Exporter;
  readonly remote: Remote;
  readonly agents: SshAgents;
}

async function evaluateGraph(inputs: GraphInputs): Promise<ReadonlyMap<VertexId, Evaluated>> {
  const { store, layers, planned, options, environment, sandbox, exporter, remote } = inputs;
  const { graph } = planned;
  const results = new Map<VertexId, Evaluated>();
  const origins = new PathOrigins(store.objects);
  const context = openContexts({
    main: options.context,
    named: options.namedContexts,
    modes: options.contextModes,
    digests: store.fileDigests,
    spool: layers.spool,
    onSkipped: (path, kind) =>
      environment.events({
        event: 'warning',
        code: 'SkippedFile',
        message: `${path} is a ${kind} and is left out`,
      }),
  });
  const snapshot = (id: VertexId) => {
    const result = results.get(id);
    if (result === undefined) throw new Error(`vertex ${id} was not evaluated`);
    return result.snapshot;
  };
  const evaluateContext: EvaluateContext = {
    store,
    layers,
    events: environment.events,
    reuse: (vertex) => reuseOf(options, vertex),
    running: new Map(),
    origins,
    project: `${options.dockerfile.name}\0${placeOf(options.context)}`,
  };
  await runGraph(graph, options.jobs ?? Math.max(2, availableParallelism()), async (vertex) => {
    const result =
      vertex.op.kind === 'base'
        ? await evaluateBase(evaluateContext, vertex, planned.images)
        : await evaluate(
            evaluateContext,
            vertex,
            vertex.op.kind === 'fetch' ? emptySnapshot(store) : snapshot(vertex.op.input),
            await vertexOp(
              {
                store,
                layers,
                isolation: sandbox.isolation,
                context,
                secret: (id) => readSecret(options.secrets, environment.variables, id),
                agent: inputs.agents.address,
                remote,
                network: options.network,
                steps: options.steps,
                reuse: evaluateContext.reuse,
                sandbox,
                hostCa: sandbox.hostCa,
                signal: environment.signal,
                onFailedRun: environment.onFailedRun,
                snapshot,
              },
              { ...vertex, op: vertex.op },
            ),
          );
    results.set(vertex.id, result);
    exporter.prepare(vertex.id, result.snapshot);
    return result;
  });
  return results;
}

/** Longer than a step takes to end after SIGTERM, shorter than a person waits. */
const STOP_MS = 850;

/** Rejects when the signal aborts, after the steps have had the time to end. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => void setTimeout(() => reject(cancelled()), STOP_MS).unref();
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
