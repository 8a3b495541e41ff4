// Drives the real runner for the tests of test/native: spawns it with words on fd 3, collects its
// events from fd 4. Knows PROTOCOL.md and nothing of the product's own client.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { Readable, type Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export const NATIVE = fileURLToPath(new URL('../../runner-native', import.meta.url));
const BUILD = join(NATIVE, 'build');

/** The build that is tested: the one that is shipped, else `asan` or `musl` (vitest.config.ts). */
const FLAVOR = process.env['SLIPWAY_TEST_RUNNER'] ?? '';

/** The sanitizers take memory and libraries of their own, which no test is about. */
export const IS_SANITIZED = FLAVOR === 'asan';

export const RUNNER = join(BUILD, FLAVOR, 'slipway-runner');
export const PROBE = join(BUILD, 'probe');

export interface RunnerEvent {
  readonly event: string;
  readonly code?: string | number;
  readonly errno?: string | null;
  readonly message?: string;
  readonly hint?: string | null;
  readonly subject?: string;
  readonly signal?: string | null;
  readonly entries?: number;
  readonly bytes?: number;
  readonly [key: string]: unknown;
}

export interface RunnerResult {
  /** Exit status of the runner itself; null where a signal ended it. */
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly events: readonly RunnerEvent[];
  /** The first event of that name. */
  event(name: string): RunnerEvent | undefined;
}

export interface RunnerCall {
  readonly verb: string;
  readonly words: readonly (string | Buffer)[];
  readonly stdin?: Buffer;
  /** An open file that takes the place of the pipe. */
  readonly stdout?: number;
  readonly binary?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Whether version and `end` are put around the words; default true. */
  readonly framed?: boolean;
}

/** A runner that has been started. */
export interface RunningRunner {
  readonly child: ChildProcess;
  readonly result: Promise<RunnerResult>;
  /** Resolves when the step has written `text` to its output. */
  output(text: string): Promise<void>;
}

/** Starts the runner; every word is ended by NUL. */
export function startRunner(call: RunnerCall): RunningRunner {
  const child = spawn(call.binary ?? RUNNER, [call.verb], {
    stdio: ['pipe', call.stdout ?? 'pipe', 'pipe', 'pipe', 'pipe'],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ASAN_OPTIONS: 'detect_leaks=0',
    },
    ...(call.uid === undefined ? {} : { uid: call.uid, gid: call.gid ?? call.uid }),
  });
  const words = call.framed === false ? call.words : ['slipway-runner/2', ...call.words, 'end'];
  send(child.stdio[3] as Writable, Buffer.concat(words.map(terminated)));
  send(child.stdio[0] as Writable, call.stdin ?? Buffer.alloc(0));
  const out = collect((child.stdio[1] as Readable | null) ?? Readable.from([]));
  const err = collect(child.stdio[2] as Readable);
  const events = collect(child.stdio[4] as Readable);
  const result = new Promise<RunnerResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) =>
      resolve(toResult(status, out.bytes(), err.bytes(), events.bytes())),
    );
  });
  return { child, result, output: (text) => out.seen(text) };
}

/** Starts the runner and waits for its end. */
export function callRunner(call: RunnerCall): Promise<RunnerResult> {
  return startRunner(call).result;
}

function terminated(word: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(word), Buffer.alloc(1)]);
}

/** Writes all of it; a runner that ends early closes the pipe, which is not the test's failure. */
function send(to: Writable, bytes: Buffer): void {
  to.on('error', () => {});
  to.end(bytes);
}

function collect(from: Readable): { bytes(): Buffer; seen(text: string): Promise<void> } {
  const chunks: Buffer[] = [];
  from.on('data', (chunk: Buffer) => chunks.push(chunk));
  const seen = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (Buffer.concat(chunks).includes(text)) resolve();
      };
      from.on('data', look);
      from.on('close', () => reject(new Error(`the step ended without writing ${text}`)));
      look();
    });
  return { bytes: () => Buffer.concat(chunks), seen };
}

function toResult(
  status: number | null,
  stdout: Buffer,
  stderr: Buffer,
  lines: Buffer,
): RunnerResult {
  const events = lines
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunnerEvent);
  return {
    status,
    stdout,
    stderr: stderr.toString('utf8'),
    events,
    event: (name) => events.find((event) => event.event === name),
  };
}
