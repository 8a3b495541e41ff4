// Drives `serve` of the real runner: one request after another on fd 3, each behind its length.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { RunnerEvent } from './runner.ts';

export interface ServingRunner {
  readonly child: ChildProcess;
  /** Everything that it has written to stdout. */
  stdout(): string;
  /** Sends a list of words and returns the events up to the last one of the answer. */
  ask(words: readonly string[]): Promise<readonly RunnerEvent[]>;
  /** Ends its requests; returns its exit status. */
  end(): Promise<number | null>;
}

export interface ServingOptions {
  readonly binary: string;
  readonly uid: number;
  /** Of the server itself. */
  readonly words: readonly string[];
}

const LAST = new Set(['exit', 'done', 'error']);

/** Starts it. */
export function serveRunner({ binary, uid, words }: ServingOptions): ServingRunner {
  const child = spawn(binary, ['serve'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ASAN_OPTIONS: 'detect_leaks=0' },
    ...(uid === 0 ? {} : { uid, gid: uid }),
  });
  const [, stdout, stderr, control, channel] = child.stdio as [
    null,
    Readable,
    Readable,
    Writable,
    Readable,
  ];
  const chunks: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  stderr.resume();
  control.on('error', () => {});
  const events: RunnerEvent[] = [];
  let settle = (_: readonly RunnerEvent[]): void => {};
  createInterface({ input: channel }).on('line', (line) => {
    const event = JSON.parse(line) as RunnerEvent;
    events.push(event);
    if (LAST.has(event.event)) settle(events.splice(0));
  });
  const send = (list: readonly string[]): void => {
    const bytes = Buffer.from(['slipway-runner/2', ...list, 'end', ''].join('\0'));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    control.write(Buffer.concat([length, bytes]));
  };
  send(words);
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    child,
    stdout: () => Buffer.concat(chunks).toString('latin1'),
    ask: (list) =>
      new Promise((resolve) => {
        settle = resolve;
        send(list);
      }),
    end() {
      control.end();
      return closed;
    },
  };
}
