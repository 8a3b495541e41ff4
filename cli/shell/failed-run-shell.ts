// `--on-error=shell`: says which step failed and how, and opens a shell in what it left behind. The build's
// other steps go on meanwhile; what they have to say waits.

import type { FailedRun, FailedRunHandler } from '../../builder/failed-run.ts';
import { reportError } from '../error-report.ts';
import type { Host } from '../host.ts';
import type { FailedStep } from '../render/failed-step.ts';
import { logLine } from '../render/log-line.ts';
import type { SuspendableRenderer } from '../render/suspendable.ts';
import type { Terminal } from './terminal.ts';

/** A handler that opens a shell for the first step that fails. `tails` knows the last lines of every step. */
export function failedRunShell(
  terminal: Terminal,
  renderer: SuspendableRenderer,
  tails: FailedStep,
  { stderr, signal }: Pick<Host, 'stderr' | 'signal'>,
): FailedRunHandler {
  let opened = false;
  return async (failed) => {
    if (opened || signal.aborted) return;
    opened = true;
    renderer.suspend();
    try {
      stderr.write(`${tails.blockOf(failed.id, failed.step)}${introduction(failed)}`);
      await terminal.lend(() => failed.openShell(terminal.kind));
    } catch (error) {
      // The build ends with the step's failure, not with that of looking at it.
      if (!signal.aborted) stderr.write(`no shell could be opened: ${reportError(error).text}`);
    } finally {
      renderer.resume();
    }
  };
}

function introduction({ command, how }: FailedRun): string {
  return `"${logLine(command)}" failed: ${logLine(how)}
This shell has the files that it left behind, its mounts, environment and user. Nothing done here is kept
but in cache mounts; leaving the shell ends the build.
`;
}
