// Standard output where it is a pipe, as another program gets it.

import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeThrough } from '../../cli/screen.ts';
import { tmpDir } from '../support/tmp.ts';

const LONG = Buffer.alloc(1 << 20, 'all of it\n');

function openPipe(): { path: string; reader: number; writer: number } {
  const path = join(tmpDir(), 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { path, reader, writer: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
}

test('all is written to a pipe that somebody has made non-blocking, though its reader is slow', async () => {
  const { path, reader, writer } = openPipe();
  const copy = join(path, '../copy');
  const slow = spawn('sh', ['-c', `exec <${path}; sleep 0.3; cat >${copy}`]);
  const ended = new Promise((resolve) => slow.once('close', resolve));
  const stream = writeThrough(writer);
  stream.write(LONG);
  expect(stream.writableLength).toBe(0);
  for (const fd of [reader, writer]) closeSync(fd);
  await ended;
  expect(readFileSync(copy).equals(LONG)).toBe(true);
});

test('a reader that went away is an EPIPE of the stream', async () => {
  const { reader, writer } = openPipe();
  closeSync(reader);
  const stream = writeThrough(writer);
  const failed = new Promise((resolve) => stream.once('error', resolve));
  stream.write('unheard');
  await expect(failed).resolves.toMatchObject({ code: 'EPIPE' });
  closeSync(writer);
});

test('what cannot be written is not passed over', () => {
  const full = openSync('/dev/full', 'w');
  expect(() => writeThrough(full).write('lost')).toThrow('ENOSPC');
  closeSync(full);
});
