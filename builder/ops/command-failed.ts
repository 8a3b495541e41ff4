// How a RUN's command ended when it failed, in words and as the error of the build.

import { BuildError } from '../../core/errors.ts';
import type { Span } from '../../core/source.ts';
import type { StepExit } from '../exec/run-step.ts';
import type { RunSpec } from '../plan/graph.ts';

export function shownCommand(spec: RunSpec): string {
  const command = spec.args.join(' ');
  return command.length > 200 ? `${command.slice(0, 200)}…` : command;
}

export function howItEnded(exit: StepExit): string {
  if (exit.message !== undefined) return exit.message;
  return exit.signal === null ? `exit code: ${exit.code}` : `killed by signal ${exit.signal}`;
}

/** E_RUN_FAILED with the command's exit status. */
export function commandFailed(spec: RunSpec, exit: StepExit, span: Span | undefined): BuildError {
  const message = `"${shownCommand(spec)}" did not complete successfully: ${howItEnded(exit)}`;
  return new BuildError('E_RUN_FAILED', message, { span, exitCode: exit.code });
}
