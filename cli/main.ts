// The program. Makes the Host from the process, runs the command, and turns whatever comes out of it into an exit
// status. Imports next to nothing: a command loads what it needs.

import process from 'node:process';
import { useRunner } from '../builder/exec/runner-path.ts';
import { dispatch } from './dispatch.ts';
import type { Host } from './host.ts';
import { openScreen } from './screen.ts';

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGPIPE: 13, SIGTERM: 15 } as const;
type StopSignal = keyof typeof SIGNALS;

const SHOW_CURSOR = '\u001b[?25h';

const controller = new AbortController();
let stoppedBy: StopSignal | undefined;

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
const [stdout, stderr] = [openScreen(1), openScreen(2)];
for (const stream of [stdout, stderr]) {
  // A reader that went away (`| head`) ends the program as SIGPIPE ends others: without a word.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') stop('SIGPIPE');
  });
}
process.on('uncaughtException', (error) => {
  void fail(error).then(exitAtOnce);
});

useRunner(process.env['SLIPWAY_RUNNER_PATH']);
const host: Host = {
  env: process.env,
  cwd: process.cwd(),
  platform: process.platform,
  arch: process.arch,
  get stdin() {
    return process.stdin;
  },
  stdout,
  stderr,
  signal: controller.signal,
};

// Standard streams have written everything; and a connection that is kept alive, or a database's
// thread, must not delay the end.
void dispatch(process.argv.slice(2), host)
  .catch(fail)
  .then((status) => process.exit(status));

/** The first signal asks the command to stop and clean up; the second ends the program at once. */
function stop(signal: StopSignal): void {
  if (stoppedBy !== undefined && signal !== 'SIGPIPE') exitAtOnce(128 + SIGNALS[signal]);
  stoppedBy ??= signal;
  controller.abort();
}

/** Ends the program where no renderer can give the terminal back any more. */
function exitAtOnce(status: number): never {
  if (stderr.isTTY) stderr.write(SHOW_CURSOR);
  process.exit(status);
}

/** Reports an error, and returns the exit status. */
async function fail(error: unknown): Promise<number> {
  if (stoppedBy === 'SIGPIPE') return 128 + SIGNALS.SIGPIPE;
  if (stoppedBy !== undefined) {
    stderr.write(`slipway: stopped by ${stoppedBy}\n`);
    return 128 + SIGNALS[stoppedBy];
  }
  const { reportError } = await import('./error-report.ts');
  const { text, exit } = reportError(error);
  stderr.write(text);
  return exit;
}
