// The limits of one step, as the rung can have them: control groups, and what setrlimit(2) takes. Without any
// wish of the caller there is one bound, on processes, so that a fork bomb ends with the step.

import { readFile } from 'node:fs/promises';
import { BuildError, isBuildError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { StepLimits } from '../step-options.ts';
import type { NetworkHelper } from './network.ts';
import type { Isolation } from './runner.ts';
import { RunnerServer } from './runner-server.ts';
import { makeStepCgroup, readCgroupTexts, type StepCgroup } from './step-cgroup.ts';

/** More than builds start at once, and a quarter of what a small machine can number. */
const MOST_PROCESSES = 8192;

export interface LimitedStep {
  /** A runner in the step's control groups. */
  readonly server: RunnerServer;
  /** For each step that it runs. */
  readonly words: readonly string[];
  ranOutOfMemory(): Promise<boolean>;
  /** Ends the limits; `isClean` where nothing came near them, so that another step may have the same. */
  release(isClean: boolean): Promise<void>;
}

/**
 * Limits the steps of one build, which all have the same. Control groups and the runner in them are used again by
 * the next step: making them costs more than an empty step does.
 */
export class LimitPool {
  /** By the kind of the network that their runners are in. */
  readonly #idle = new Map<string, LimitedStep[]>();
  readonly #told = new Set<string>();

  /** Limits a step. `events` is told once of what cannot be had and was not asked for. Throws E_LIMIT. */
  async take(limits: StepLimits, place: StepPlace, events: EventSink): Promise<LimitedStep> {
    const kind = place.helper?.kind ?? 'host';
    const idle = this.#idle.get(kind) ?? [];
    this.#idle.set(kind, idle);
    const tell: EventSink = (event) => {
      const told = event.event === 'choice' ? event.subject : event.event;
      if (!this.#told.has(told)) events(event);
      this.#told.add(told);
    };
    const step = idle.pop() ?? (await limitStep(limits, place, tell));
    return {
      ...step,
      release: async (isClean) => {
        if (isClean) idle.push(step);
        else await step.release(false);
      },
    };
  }

  /** Removes what no step uses any more. */
  async close(): Promise<void> {
    const idle = [...this.#idle.values()].flat();
    this.#idle.clear();
    await Promise.all(idle.map((step) => step.release(false)));
  }
}

/** Where a step runs. */
export interface StepPlace {
  readonly isolation: Isolation;
  /** Undefined: the runner is in the machine's network. */
  readonly helper: NetworkHelper | undefined;
}

async function limitStep(
  limits: StepLimits,
  { isolation, helper }: StepPlace,
  events: EventSink,
): Promise<LimitedStep> {
  if (isolation.rung === 'single-id' && limits.ulimits.some(({ name }) => name === 'rss')) {
    throw new BuildError('E_LIMIT', '--ulimit rss cannot be had with a single id', {
      hint: 'the kernel does not go by it; leave it out, or take --memory',
    });
  }
  const bound = limits.pids ?? (await defaultBound());
  // The kernel counts what a user has in a user namespace, but never what its own root has.
  const inUserNamespace = isolation.uids.length > 0;
  const byUser = inUserNamespace && Number.isFinite(bound);
  const group = await makeGroups(limits, byUser ? Number.POSITIVE_INFINITY : bound, events);
  const ulimits = [
    ...(byUser && !limits.ulimits.some(({ name }) => name === 'nproc')
      ? [{ name: 'nproc', soft: bound, hard: bound }]
      : []),
    ...limits.ulimits,
  ];
  const server = new RunnerServer(isolation, {
    cgroups: group.folders,
    helper,
    onNote: tellNotes(events),
  });
  const amount = (value: number): string => (Number.isFinite(value) ? String(value) : 'unlimited');
  return {
    server,
    words: ulimits.flatMap(({ name, soft, hard }) => ['rlimit', name, amount(soft), amount(hard)]),
    ranOutOfMemory: group.ranOutOfMemory,
    async release() {
      await server.close();
      await group.remove();
    },
  };
}

/** Tells what the runner had to choose; how steps are observed, once. */
function tellNotes(events: EventSink): (subject: string, why: string) => void {
  let isObservationTold = false;
  return (subject, why) => {
    if (subject === 'network') events({ event: 'choice', subject, chosen: 'none', why });
    const observation = (chosen: string): void =>
      events({ event: 'choice', subject: 'observation', chosen, why });
    if (subject === 'tracing') observation('none');
    if (subject !== 'observe' || isObservationTold) return;
    isObservationTold = true;
    observation('ptrace');
  };
}

async function makeGroups(
  limits: StepLimits,
  pids: number,
  events: EventSink,
): Promise<StepCgroup> {
  const texts = await readCgroupTexts();
  const bounded = Number.isFinite(pids) ? pids : undefined;
  try {
    return await makeStepCgroup({ ...limits, pids: bounded }, texts);
  } catch (error) {
    if (limits.pids !== undefined || bounded === undefined || !isBuildError(error)) throw error;
    // The bound is our own wish; what was asked for still has to be.
    const group = await makeStepCgroup({ ...limits, pids: undefined }, texts);
    events({
      event: 'choice',
      subject: 'limits',
      chosen: 'no bound on processes',
      why: error.message,
    });
    return group;
  }
}

async function defaultBound(): Promise<number> {
  const most = await readFile('/proc/sys/kernel/pid_max', 'utf8').catch(() => '');
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  // Nobody may raise the limit that is set already.
  const own = Number(/^Max processes +\S+ +(\d+)/m.exec(limits)?.[1] ?? MOST_PROCESSES);
  return Math.min(MOST_PROCESSES, own, Math.floor(Number(most) / 4) || MOST_PROCESSES);
}
