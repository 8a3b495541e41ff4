// Runs a docker-credential-* program, as `docker login` set it up. It is found on the PATH of the
// person who calls slipway, never in a context, an image or the store.

import { spawn } from 'node:child_process';
import type { RunHelper } from '../../image/registry/credentials.ts';

/** An answer larger than this is no credential. */
const MAX_BYTES = 64 * 1024;

/** Returns a way to run helpers with the given environment. A program that cannot be started has status 127. */
export function credentialHelper(
  variables: Readonly<Record<string, string | undefined>>,
): RunHelper {
  return (program, input) =>
    new Promise((resolve) => {
      const child = spawn(program, ['get'], {
        env: { ...variables },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      let stdout = '';
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      child.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString('utf8');
        if (stdout.length > MAX_BYTES) child.kill('SIGKILL');
      });
      child.once('error', () => resolve({ status: 127, stdout: '' }));
      child.once('close', (status) => resolve({ status: status ?? 1, stdout }));
    });
}
