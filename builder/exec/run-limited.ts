// A step within its limits: control groups while it runs, and an end when its time is up.

import { BuildError } from '../../core/errors.ts';
import type { StepReporter } from '../ops/op.ts';
import type { StepOptions } from '../step-options.ts';
import type { NetworkHelper } from './network.ts';
import { runStep, type StepExit } from './run-step.ts';
import type { Sandbox } from './sandbox.ts';

export interface LimitedRun {
  readonly words: readonly string[];
  readonly options: Pick<StepOptions, 'limits' | 'timeout'>;
  readonly sandbox: Pick<Sandbox, 'limit'>;
  readonly helper: NetworkHelper | undefined;
  readonly signal: AbortSignal;
}

/** Runs the step. Throws E_LIMIT, E_STEP_TIMEOUT, and what runStep throws. */
export async function runLimited(run: LimitedRun, step: StepReporter): Promise<StepExit> {
  const { words, options, sandbox, helper, signal } = run;
  const limited = await sandbox.limit(options.limits, helper);
  const { timeout } = options;
  const timer = timeout === undefined ? undefined : AbortSignal.timeout(timeout);
  const either = timer === undefined ? signal : AbortSignal.any([signal, timer]);
  let isClean = false;
  try {
    const exit = await runStep(limited.server, [...limited.words, ...words], step, either);
    isClean = exit.code === 0;
    if (isClean || !(await limited.ranOutOfMemory())) return exit;
    return {
      ...exit,
      message: `exit code: ${exit.code}, out of the memory that --memory gives it`,
    };
  } catch (error) {
    if (timeout === undefined || timer?.aborted !== true || signal.aborted) throw error;
    throw new BuildError('E_STEP_TIMEOUT', `the step was ended after ${timeout / 1000} s`, {
      hint: 'give it more time with --step-timeout, or find out what it waits for',
    });
  } finally {
    await limited.release(isClean);
  }
}
