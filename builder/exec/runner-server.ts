// A runner that stays for one step after another (PROTOCOL.md, "serve"): starting a process from this one, its
// user namespace and its control groups cost more than an empty step does. It does one thing at a time, and
// ends at the first failure.

import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { helperWords, type NetworkHelper } from './network.ts';
import { type Isolation, idWords, rungWords, startServer } from './runner.ts';
import { encodeWords, type RunnerEvent, readEvent, runnerError } from './runner-protocol.ts';

/** What the step writes, as it comes. */
export type OutputSink = (stream: 'stdout' | 'stderr', chunk: Buffer) => void;

interface Request {
  readonly events: RunnerEvent[];
  readonly sink: OutputSink;
  readonly got: Record<'stdout' | 'stderr', number>;
  resolve(events: readonly RunnerEvent[]): void;
  reject(error: unknown): void;
}

export interface ServerOptions {
  /** Folders of control groups to be in. */
  readonly cgroups?: readonly string[];
  /** Gives the steps a network of their own. */
  readonly helper?: NetworkHelper | undefined;
  /** Told what the runner could not do as it was asked. */
  readonly onNote?: (subject: string, message: string) => void;
}

export class RunnerServer {
  readonly #isolation: Isolation;
  readonly #control: Writable;
  readonly #stdout: Readable;
  readonly #kill: (signal: 'SIGTERM' | 'SIGKILL') => void;
  readonly #ended: Promise<void>;
  readonly #onNote: ServerOptions['onNote'];
  #request: Request | undefined;
  #failure: unknown;

  /** Starts it. */
  constructor(isolation: Isolation, { cgroups = [], helper, onNote }: ServerOptions = {}) {
    const { control, stdout, stderr, events, closed, kill } = startServer();
    this.#isolation = isolation;
    this.#onNote = onNote;
    this.#control = control;
    this.#stdout = stdout;
    this.#kill = kill;
    stdout.on('data', (chunk: Buffer) => this.#take('stdout', chunk));
    stderr.on('data', (chunk: Buffer) => this.#take('stderr', chunk));
    createInterface({ input: events }).on('line', (line) => this.#hear(line));
    this.#ended = closed.then(
      (status) => this.#fail(new Error(`the runner ended with status ${status}, without a word`)),
      (error: unknown) => this.#fail(error),
    );
    this.#send([
      ...idWords(isolation),
      ...cgroups.flatMap((folder) => ['cgroup', folder]),
      ...helperWords(helper),
    ]);
  }

  /** Runs the step that `words` describe; returns what the runner said of it. */
  run(words: readonly string[], sink: OutputSink): Promise<readonly RunnerEvent[]> {
    return this.#ask(['run', ...rungWords(this.#isolation), ...words], sink);
  }

  /** The entry stream of the folder `dir`. A reader that leaves it unread ends the server. */
  async *dump(dir: string): AsyncIterable<Uint8Array> {
    const { signal } = this.#isolation;
    const stop = (): void => this.kill('SIGKILL');
    const chunks: Buffer[] = [];
    let wake = (): void => {};
    const words = ['dump', ...rungWords(this.#isolation), 'dir', dir, 'all'];
    let isWhole = false;
    let isLeft = false;
    const done = this.#ask(words, (_, chunk) => {
      if (isLeft) return;
      chunks.push(chunk);
      this.#stdout.pause();
      wake();
    }).finally(() => {
      isWhole = true;
      wake();
    });
    done.catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk !== undefined) yield chunk;
        else if (isWhole) break;
        else {
          this.#stdout.resume();
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      await done;
    } finally {
      signal.removeEventListener('abort', stop);
      isLeft = true;
      this.#stdout.resume();
      if (!isWhole) stop();
    }
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#kill(signal);
  }

  /** Ends it when it has done what it does. */
  async close(): Promise<void> {
    this.#control.end();
    this.#stdout.resume();
    await this.#ended;
  }

  #ask(words: readonly string[], sink: OutputSink): Promise<readonly RunnerEvent[]> {
    if (this.#request !== undefined) throw new Error('the runner does one thing at a time');
    if (this.#failure !== undefined) return Promise.reject(this.#failure as Error);
    return new Promise((resolve, reject) => {
      this.#request = { events: [], sink, got: { stdout: 0, stderr: 0 }, resolve, reject };
      this.#send(words);
    });
  }

  #send(words: readonly string[]): void {
    const bytes = encodeWords(words);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    this.#control.write(Buffer.concat([length, bytes]));
  }

  #hear(line: string): void {
    try {
      const event = readEvent(line);
      if (event.event === 'note') this.#onNote?.(event.subject, event.message);
      if (event.event === 'error') this.#failure ??= runnerError(event);
      this.#request?.events.push(event);
      this.#settle();
    } catch (error) {
      this.#failure ??= error;
      this.kill('SIGKILL');
    }
  }

  #take(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const request = this.#request;
    if (request === undefined) return;
    request.got[stream] += chunk.length;
    request.sink(stream, chunk);
    this.#settle();
  }

  /** Its last event says how much it has written: when all of that is here, it is over. */
  #settle(): void {
    const request = this.#request;
    const last = request?.events.at(-1);
    if (request === undefined || (last?.event !== 'exit' && last?.event !== 'done')) return;
    const { got } = request;
    if (got.stdout < (last.stdout_bytes ?? 0) || got.stderr < (last.stderr_bytes ?? 0)) return;
    this.#request = undefined;
    request.resolve(request.events);
  }

  #fail(ended: unknown): void {
    this.#failure ??= ended;
    this.#request?.reject(this.#failure);
    this.#request = undefined;
  }
}

/** Servers without control groups of their own, for what is not the step's work. */
export class ServerPool {
  readonly #idle: RunnerServer[] = [];

  /** Yields the entry stream of a folder. */
  async *dump(isolation: Isolation, dir: string): AsyncIterable<Uint8Array> {
    const server = this.#idle.pop() ?? new RunnerServer(isolation);
    yield* server.dump(dir);
    this.#idle.push(server);
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((server) => server.close()));
  }
}
