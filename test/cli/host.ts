// A Host whose streams are kept in memory.

import { PassThrough, Readable } from 'node:stream';
import type { Host } from '../../cli/host.ts';

export interface FakeHost extends Host {
  /** What was written so far. */
  out(): string;
  err(): string;
}

export function fakeHost(
  given: Partial<Host> & { stdinText?: string | Uint8Array } = {},
): FakeHost {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const { stdinText = '', ...rest } = given;
  const bytes = Buffer.from(stdinText);
  return {
    env: {},
    cwd: '/',
    platform: 'linux',
    arch: 'x64',
    stdin: Readable.from(bytes.length === 0 ? [] : [bytes]),
    stdout,
    stderr,
    signal: new AbortController().signal,
    ...rest,
    out: () => String(stdout.read() ?? ''),
    err: () => String(stderr.read() ?? ''),
  };
}
