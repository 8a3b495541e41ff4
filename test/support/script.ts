// Runs TypeScript in a process of its own, for tests of what several processes do at once.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { tmpDir } from './tmp.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles `source` (a module whose imports are relative to the checkout) and returns a function that starts it with arguments. */
export function script(source: string): (...args: string[]) => ChildProcess {
  const outfile = join(tmpDir(), 'script.mjs');
  buildSync({
    stdin: { contents: source, loader: 'ts', resolveDir: root },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return (...args) =>
    spawn(process.execPath, [outfile, ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}
