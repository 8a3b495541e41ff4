// Other programs of this machine: is it there, run it, read what it prints.

import { spawnSync } from 'node:child_process';
import { Stop } from './say.mjs';

/** The absolute path of `program` on PATH, or undefined. */
export function which(program) {
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { encoding: 'utf8' });
  const path = found.stdout.trim();
  return found.status === 0 && path.startsWith('/') ? path : undefined;
}

/** Stops with the Debian package's name where `program` is not installed. */
export function need(program, debianPackage) {
  if (which(program)) return;
  throw new Stop(`${program} is not installed`, `Debian, Ubuntu: apt-get install ${debianPackage}`);
}

/** Runs a program to its end and returns its standard output; a failure carries its last lines. */
export function output(program, args, { env, input } = {}) {
  const done = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...(env && { env }),
    ...(input !== undefined && { input }),
  });
  if (done.error) throw new Stop(`${program} did not start: ${done.error.message}`);
  if (done.status !== 0) {
    const last = done.stderr.trim().split('\n').slice(-12).join('\n  ');
    throw new Stop(`${program} ${args[0] ?? ''} failed (exit code ${done.status})`, last);
  }
  return done.stdout;
}
