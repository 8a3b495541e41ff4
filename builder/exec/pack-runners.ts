// The runner's verb `pack` (runner-native/PROTOCOL.md): one process makes one layer after another, since to start one
// from a process with much memory takes longer than a small layer does.

import { type RunnerProcess, startRunner } from './runner.ts';
import type { RunnerEvent } from './runner-protocol.ts';

interface Waiting {
  readonly events: RunnerEvent[];
  resolve(events: readonly RunnerEvent[]): void;
  reject(error: unknown): void;
}

/** One process. It ends at the first failure. */
export class PackRunner {
  readonly #runner: RunnerProcess;
  #waiting: Waiting | undefined;
  #failure: unknown;

  constructor(signal: AbortSignal) {
    const own = { rung: 'root', why: '', uids: [], gids: [], signal } as const;
    this.#runner = startRunner('pack', own, [], (event) => this.#hear(event));
    this.#runner.stdout.resume();
    this.#runner.stderr.resume();
    this.#runner.ended.then(
      () => this.#fail(new Error('the runner ended before it had packed')),
      (error: unknown) => this.#fail(error),
    );
  }

  get isLive(): boolean {
    return this.#failure === undefined;
  }

  /** Sends a whole description and returns what was said of its layer. Throws what the description throws, too. */
  async pack(description: AsyncIterable<Uint8Array>): Promise<readonly RunnerEvent[]> {
    const told = new Promise<readonly RunnerEvent[]>((resolve, reject) => {
      this.#waiting = { events: [], resolve, reject };
    });
    // A runner that fails closes its end: its own error says why, the broken pipe does not.
    const [sent, heard] = await Promise.allSettled([
      this.#send(description).catch((error: unknown) => {
        this.#runner.kill('SIGKILL');
        throw error;
      }),
      told,
    ]);
    if (sent.status === 'rejected' && !isBrokenPipe(sent.reason)) throw sent.reason;
    if (heard.status === 'rejected') throw heard.reason;
    if (sent.status === 'rejected') throw sent.reason;
    return heard.value;
  }

  async close(): Promise<void> {
    this.#runner.stdin.end();
    await this.#runner.ended.catch(() => {});
  }

  /** Each piece is written while the next one is being made. */
  async #send(description: AsyncIterable<Uint8Array>): Promise<void> {
    let writing: Promise<void> | undefined;
    for await (const bytes of description) {
      await writing;
      writing = this.#write(bytes);
      // It is looked at in its turn.
      writing.catch(() => {});
    }
    await writing;
  }

  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#runner.stdin.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  #hear(event: RunnerEvent): void {
    this.#waiting?.events.push(event);
    if (event.event !== 'done' || event.diff_id === undefined) return;
    this.#waiting?.resolve(this.#waiting.events);
    this.#waiting = undefined;
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

function isBrokenPipe(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED';
}

/** Each uses all cores: more are for layers that wait for their contents. */
const MOST_AT_ONCE = 3;

/** Runners for as many layers as are made at once; others wait. */
export class PackRunners {
  readonly #signal: AbortSignal;
  #idle: PackRunner[] = [];
  #atWork = 0;
  readonly #waiting: (() => void)[] = [];

  /** `signal` kills them. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Gives `work` a runner, which nobody else has meanwhile. */
  async use<Result>(work: (runner: PackRunner) => Promise<Result>): Promise<Result> {
    if (this.#atWork === MOST_AT_ONCE)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#atWork++;
    try {
      this.#signal.throwIfAborted();
      this.#idle = this.#idle.filter(({ isLive }) => isLive);
      const runner = this.#idle.pop() ?? new PackRunner(this.#signal);
      return await work(runner).finally(() => this.#idle.push(runner));
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#atWork--;
      else next();
    }
  }

  /** Ends them. None may be at work. */
  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((runner) => runner.close()));
  }
}

/** Gives `work` runners, and ends them. */
export async function withPackRunners<Result>(
  signal: AbortSignal,
  work: (runners: PackRunners) => Promise<Result>,
): Promise<Result> {
  const runners = new PackRunners(signal);
  try {
    return await work(runners);
  } finally {
    await runners.close();
  }
}
