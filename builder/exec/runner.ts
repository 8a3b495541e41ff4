// The client of the native runner (runner-native/PROTOCOL.md): starts it for one verb, writes its
// words, and reads its events. The only place that starts processes.

import { type ChildProcess, spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { BuildError } from '../../core/errors.ts';
import { nameToBytes } from '../../core/names.ts';

export const RUNNER_PROTOCOL = 1;

export type Verb = 'run' | 'extract' | 'dump' | 'remove' | 'probe';

export type RunnerEvent =
  | { readonly event: 'hello'; readonly version: number }
  | { readonly event: 'note'; readonly subject: string; readonly message: string }
  | { readonly event: 'started' }
  | { readonly event: 'exec-failed'; readonly code: number; readonly message: string }
  | {
      readonly event: 'exit';
      readonly code: number;
      readonly signal: number | null;
      readonly utime_us: number;
      readonly stime_us: number;
      readonly maxrss_kb: number;
      readonly written_bytes: number;
    }
  /** Paths and their uses by turns: PROTOCOL.md, "What a step looked at". */
  | { readonly event: 'looked'; readonly paths: readonly string[] }
  | {
      readonly event: 'observed';
      readonly complete: boolean;
      readonly reason: string | null;
      readonly network: boolean;
      readonly wrote: string | null;
      readonly calls: number;
      readonly supervisor_us: number;
    }
  | {
      readonly event: 'error';
      readonly code: string;
      readonly errno: string | null;
      readonly message: string;
      readonly hint: string | null;
    }
  | { readonly event: 'done'; readonly entries?: number; readonly bytes?: number };

/** A runner that was started for one verb. */
export interface RunnerProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the runner has ended and everything it wrote has been read; rejects where it failed. */
  readonly ended: Promise<readonly RunnerEvent[]>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** A runner whose step has the terminal of this process. */
export type TerminalRunner = Pick<RunnerProcess, 'ended' | 'kill'>;

/** One line of an id map: `count` ids from `inside` on stand for those from `outside` on. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** How the runner isolates: the rung, and the ids of its user namespace. */
export interface Isolation {
  readonly rung: 'root' | 'rootless' | 'single-id';
  /** Why this one, in a few words. */
  readonly why: string;
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
  /** Kills every runner when it aborts; a `run` has its own, gentler way first. */
  readonly signal: AbortSignal;
}

/** Where the runner looks for newuidmap and newgidmap. */
export const HELPER_PATH: readonly string[] = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

/** newuidmap is looked up in PATH; nothing else of the environment reaches the runner or a step. */
const ENVIRONMENT: Readonly<Record<string, string>> = { PATH: HELPER_PATH.join(':') };

/** Starts the runner. `words` come after the version and the id maps, which are added here. */
export function startRunner(
  verb: Verb,
  isolation: Isolation,
  words: readonly string[],
): RunnerProcess {
  const child = spawn(runnerPath(), [verb], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    // A session of its own: Ctrl-C at the terminal reaches slipway, which then ends the step in order.
    detached: true,
    env: ENVIRONMENT,
  });
  const [stdin, stdout, stderr, control, events] = child.stdio as [
    Writable,
    Readable,
    Readable,
    Writable,
    Readable,
  ];
  // A runner that ends early closes its ends; what it says on the event channel is the error that counts.
  stdin.on('error', () => {});
  sendWords(control, isolation, words);
  if (verb !== 'run') killOnAbort(child, isolation.signal);
  return {
    stdin,
    stdout,
    stderr,
    ended: collect(child, verb, events),
    kill: (signal) => child.kill(signal),
  };
}

/**
 * Starts a `run` whose step has a terminal of its own, joined by the runner to that of this process: descriptors
 * 0 and 1 are one. Until it has ended, nothing else reads or writes there.
 */
export function startTerminalRunner(
  isolation: Isolation,
  words: readonly string[],
): TerminalRunner {
  const child = spawn(runnerPath(), ['run'], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe', 'pipe'],
    // In the foreground with this process, so that it hears of a new size of the terminal.
    detached: false,
    env: ENVIRONMENT,
  });
  const [, , , control, events] = child.stdio as [null, null, null, Writable, Readable];
  sendWords(control, isolation, ['tty', ...words]);
  return { ended: collect(child, 'run', events), kill: (signal) => child.kill(signal) };
}

function sendWords(control: Writable, isolation: Isolation, words: readonly string[]): void {
  control.on('error', () => {});
  control.end(
    encodeWords([`slipway-runner/${RUNNER_PROTOCOL}`, ...idWords(isolation), ...words, 'end']),
  );
}

function killOnAbort(child: ChildProcess, signal: AbortSignal): void {
  const kill = (): void => void child.kill('SIGKILL');
  // One for each runner that runs: as many as layers are unpacked at once, which is no leak.
  setMaxListeners(0, signal);
  if (signal.aborted) kill();
  else signal.addEventListener('abort', kill, { once: true });
  child.once('close', () => signal.removeEventListener('abort', kill));
}

/** The runner's own path, beside the bundle or the sources. Throws E_RUNNER_MISSING. */
export function runnerPath(): string {
  for (const relative of ['../runner-native/', '../../runner-native/']) {
    const path = fileURLToPath(new URL(`${relative}build/slipway-runner`, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new BuildError('E_RUNNER_MISSING', 'the runner that isolates RUN steps was not built', {
    hint: 'run `npm run build:runner`, which needs a C compiler and make',
  });
}

/** The BuildError for a runner's `error` event. */
export function runnerError(event: Extract<RunnerEvent, { event: 'error' }>): BuildError {
  const code = RUNNER_CODES[event.code] ?? 'E_SANDBOX';
  return new BuildError(code, event.message, { hint: event.hint ?? undefined });
}

const RUNNER_CODES: Readonly<
  Record<string, 'E_UNKNOWN_USER' | 'E_LAYER_INVALID' | 'E_ISOLATION' | 'E_LIMIT'>
> = {
  E_USER: 'E_UNKNOWN_USER',
  E_LAYER_PATH: 'E_LAYER_INVALID',
  E_LAYER_ENTRY: 'E_LAYER_INVALID',
  E_ISOLATION: 'E_ISOLATION',
  E_NO_OVERLAY: 'E_ISOLATION',
  E_LIMIT: 'E_LIMIT',
};

async function collect(child: ChildProcess, verb: Verb, channel: Readable): Promise<RunnerEvent[]> {
  const events: RunnerEvent[] = [];
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
  const read = (async () => {
    for await (const line of createInterface({ input: channel })) {
      events.push(JSON.parse(line) as RunnerEvent);
    }
  })();
  const [status] = await Promise.all([closed, read]);
  const error = events.find((event) => event.event === 'error');
  if (error?.event === 'error') throw runnerError(error);
  const hello = events[0];
  if (hello?.event === 'hello' && hello.version !== RUNNER_PROTOCOL) {
    throw new BuildError('E_RUNNER_MISSING', `the runner speaks protocol ${hello.version}`, {
      hint: 'run `npm run build:runner` to build the one that belongs to this slipway',
    });
  }
  if (status !== 0)
    throw new Error(`the runner ended with status ${status} at ${verb}, without a word`);
  return events;
}

function idWords({ rung, uids, gids }: Isolation): string[] {
  const words = (name: string, { inside, outside, count }: IdRange): string[] => [
    name,
    String(inside),
    String(outside),
    String(count),
  ];
  return [
    ...uids.flatMap((range) => words('uidmap', range)),
    ...gids.flatMap((range) => words('gidmap', range)),
    ...(rung === 'single-id' ? ['single-id'] : []),
  ];
}

function encodeWords(words: readonly string[]): Buffer {
  // The word is not shown: it may be a secret.
  if (words.some((word) => word.includes('\0'))) {
    throw new BuildError('E_SANDBOX', 'a NUL character cannot be passed on to a step');
  }
  return Buffer.concat(words.flatMap((word) => [nameToBytes(word), NUL]));
}

const NUL = Buffer.from([0]);
