// Starting other programs for the benchmark: one that must succeed, and one that stays.

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs a program to its end; returns its standard output. A failure is an error with what it said. */
export function run(program, args, { env = process.env } = {}) {
  const stdio = ['ignore', 'pipe', 'pipe'];
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28, env, stdio });
  if (done.status === 0) return done.stdout;
  const how = done.error?.message ?? `exit code ${done.status}`;
  throw new Error(`${program} ${args.join(' ')}: ${how}\n${done.stderr.slice(-2000)}`);
}

/** The first line that `program --version` prints, or undefined where it cannot be started. */
export function versionOf(program, args = ['--version']) {
  const done = spawnSync(program, args, { encoding: 'utf8' });
  return done.status === 0 ? done.stdout.split('\n')[0] : undefined;
}

/**
 * Starts a daemon and waits until `ready()` does not throw. What it says goes to the file `log`: a
 * pipe would fill up and stop it while this program waits for a build. Returns a function that ends it.
 */
export async function startDaemon(program, args, { log, ready }) {
  const said = openSync(log, 'w');
  const daemon = spawn(program, args, { stdio: ['ignore', said, said] });
  closeSync(said);
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  for (let tries = 0; ; tries++) {
    try {
      ready();
      break;
    } catch (error) {
      if (tries === 100 || daemon.exitCode !== null) {
        daemon.kill();
        const last = readFileSync(log, 'utf8').slice(-4000);
        throw new Error(`${program} did not get ready: ${error.message}\n${last}`);
      }
      await sleep(100);
    }
  }
  return async () => {
    daemon.kill();
    await ended;
  };
}
