// The client of the native runner (runner-native/PROTOCOL.md): starts it, for one verb or to stay. The
// only place that starts processes.

import { type ChildProcess, spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { runnerPath } from './runner-path.ts';
import { encodeWords, type RunnerEvent, readEvent, runnerError } from './runner-protocol.ts';

export type Verb = 'extract' | 'dump' | 'remove' | 'probe' | 'pack' | 'scan';

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
  readonly rung: 'root' | 'rootless' | 'single-id' | 'chroot';
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

/**
 * Starts the runner. `words` come after the version and the id maps, which are added here. What it says is told as it
 * comes, too.
 */
export function startRunner(
  verb: Verb,
  isolation: Isolation,
  words: readonly string[],
  onEvent?: (event: RunnerEvent) => void,
): RunnerProcess {
  const { child, stdin, stdout, stderr, control, events } = spawnRunner(verb);
  control.end(encodeWords([...idWords(isolation), ...rungWords(isolation), ...words]));
  killOnAbort(child, isolation.signal);
  return {
    stdin,
    stdout,
    stderr,
    ended: collect(child, verb, events, onEvent),
    kill: (signal) => child.kill(signal),
  };
}

/** A runner that does one thing after another, as runner-server.ts asks it. */
export interface ServerProcess {
  readonly control: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly events: Readable;
  /** Its exit status, when all that it wrote has been read. */
  readonly closed: Promise<number | null>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** Starts one; it ends with `control`. */
export function startServer(): ServerProcess {
  const { child, stdin, ...channels } = spawnRunner('serve');
  stdin.end();
  return { ...channels, closed: closeOf(child), kill: (signal) => child.kill(signal) };
}

function spawnRunner(verb: Verb | 'serve') {
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
  control.on('error', () => {});
  return { child, stdin, stdout, stderr, control, events };
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
  control.on('error', () => {});
  control.end(encodeWords([...idWords(isolation), ...rungWords(isolation), 'tty', ...words]));
  return { ended: collect(child, 'run', events), kill: (signal) => child.kill(signal) };
}

function killOnAbort(child: ChildProcess, signal: AbortSignal): void {
  const kill = (): void => void child.kill('SIGKILL');
  // One for each runner that runs: as many as layers are unpacked at once, which is no leak.
  setMaxListeners(0, signal);
  if (signal.aborted) kill();
  else signal.addEventListener('abort', kill, { once: true });
  child.once('close', () => signal.removeEventListener('abort', kill));
}

function closeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

async function collect(
  child: ChildProcess,
  verb: Verb | 'run',
  channel: Readable,
  onEvent: (event: RunnerEvent) => void = () => {},
): Promise<RunnerEvent[]> {
  const events: RunnerEvent[] = [];
  const read = (async () => {
    for await (const line of createInterface({ input: channel })) {
      const event = readEvent(line);
      events.push(event);
      onEvent(event);
    }
  })();
  const [status] = await Promise.all([closeOf(child), read]);
  const error = events.find((event) => event.event === 'error');
  if (error?.event === 'error') throw runnerError(error);
  if (status !== 0)
    throw new Error(`the runner ended with status ${status} at ${verb}, without a word`);
  return events;
}

/** The words for the ids of a rung: said once to a process of the runner. */
export function idWords({ uids, gids }: Isolation): string[] {
  const words = (name: string, { inside, outside, count }: IdRange): string[] => [
    name,
    String(inside),
    String(outside),
    String(count),
  ];
  return [
    ...uids.flatMap((range) => words('uidmap', range)),
    ...gids.flatMap((range) => words('gidmap', range)),
  ];
}

/** The words that a verb needs for a rung. */
export function rungWords({ rung }: Isolation): string[] {
  return rung === 'single-id' || rung === 'chroot' ? [rung] : [];
}
