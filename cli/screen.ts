// Standard output and standard error. Node's own streams for a pipe come with all that it has for networks, which
// takes 2 ms of each start; for a terminal they are needed. Writing is synchronous, so that nothing is lost at the
// end, and waits for a slow reader: otherwise a step that prints without end fills the memory.

import { fstatSync, writeSync } from 'node:fs';
import process from 'node:process';
import { Writable } from 'node:stream';
import { errnoOf } from '../core/errors.ts';
import type { Screen } from './host.ts';

/** How long a reader that shares a non-blocking pipe with us is waited for, before it is tried again. */
const PAUSE_MS = 2;

/** The stream of descriptor 1 or 2. A reader that went away is an EPIPE that the stream emits; every other failure is thrown by `write`. */
export function openScreen(fd: 1 | 2): Screen {
  const status = fstatSync(fd);
  if (status.isFIFO() || status.isSocket() || status.isFile()) return writeThrough(fd);
  return fd === 1 ? process.stdout : process.stderr;
}

/** A stream that writes to `fd` at once and never closes it. */
export function writeThrough(fd: number): Writable {
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      done(writeWhole(fd, chunk));
    },
  });
}

/** Returns EPIPE, and throws any other error. */
function writeWhole(fd: number, bytes: Uint8Array): Error | undefined {
  for (let at = 0; at < bytes.byteLength; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (errnoOf(error) === 'EPIPE') return error as Error;
      // Who started us, or shares the pipe, has made it non-blocking.
      if (errnoOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
  return undefined;
}
