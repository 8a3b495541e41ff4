// Runs one step in the runner: its output line by line, its end, and its death when the build is
// stopped.

import { BuildError } from '../../core/errors.ts';
import type { StepUsage } from '../../core/events.ts';
import type { StepReporter } from '../ops/op.ts';
import { LineSplitter } from './line-splitter.ts';
import { type Sight, sightAmong } from './observed-reads.ts';
import type { RunnerProcess } from './runner.ts';
import type { RunnerEvent } from './runner-protocol.ts';
import type { RunnerServer } from './runner-server.ts';

export interface StepExit {
  /** The command's exit status; 128 + n for a death by signal. */
  readonly code: number;
  readonly signal: number | null;
  /** Why the command could not be executed, where it could not. */
  readonly message?: string;
  readonly usage: StepUsage;
  /** What the runner saw, where it was told to observe. */
  readonly sight: Sight;
}

/** How long a step may take to end after it was told to, before it is killed outright. */
const GRACE_MS = 700;

/** Runs the step that `words` describe. Throws E_CANCELLED after `signal` aborts, E_SANDBOX where the sandbox failed. */
export async function runStep(
  server: RunnerServer,
  words: readonly string[],
  step: StepReporter,
  signal: AbortSignal,
): Promise<StepExit> {
  if (signal.aborted) throw cancelled();
  const lines = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  return endOfStep(server, signal, async () => {
    const events = await server.run(words, (stream, chunk) => {
      for (const line of lines[stream].write(chunk)) step.log(stream, line);
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      for (const line of lines[stream].end()) step.log(stream, line);
    }
    return events;
  });
}

/**
 * Waits for the end of a `run` by `work`, which returns its events, and ends it, gently first, when `signal`
 * aborts. Throws as runStep does.
 */
export async function endOfStep(
  runner: Pick<RunnerProcess, 'kill'>,
  signal: AbortSignal,
  work: () => Promise<readonly RunnerEvent[]>,
): Promise<StepExit> {
  let killing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    runner.kill('SIGTERM');
    killing = setTimeout(() => runner.kill('SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const events = await work();
    if (signal.aborted) throw cancelled();
    return exitAmong(events);
  } catch (error) {
    throw signal.aborted ? cancelled() : error;
  } finally {
    clearTimeout(killing);
    signal.removeEventListener('abort', stop);
  }
}

function exitAmong(events: readonly RunnerEvent[]): StepExit {
  const exit = events.find((event) => event.event === 'exit');
  const failed = events.find((event) => event.event === 'exec-failed');
  if (exit?.event !== 'exit') throw new BuildError('E_SANDBOX', 'the runner was killed');
  const message = failed?.event === 'exec-failed' ? failed.message : undefined;
  const usage = {
    userMs: Math.round(exit.utime_us / 1000),
    systemMs: Math.round(exit.stime_us / 1000),
    peakMemory: exit.maxrss_kb * 1024,
    written: exit.written_bytes,
  };
  const { code, signal } = exit;
  return {
    code,
    signal,
    usage,
    sight: sightAmong(events),
    ...(message === undefined ? {} : { message }),
  };
}

/** The error that a build ends with when it was stopped. */
export function cancelled(): BuildError {
  return new BuildError('E_CANCELLED', 'the build was stopped');
}
