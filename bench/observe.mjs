// What it costs a command to be observed: it runs in turns with and without, on a folder as its root.
//
//   node bench/observe.mjs [--runs=3] [--root=/] [--scratch=DIR] [--network] COMMAND...
//
// The root is only read: what a run changes goes to the scratch folder, which must lie on another file system, and is
// thrown away. Processor time of the step and its supervisor together. Needs root.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const RUNNER = fileURLToPath(new URL('../runner-native/build/slipway-runner', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '3' },
    root: { type: 'string', default: '/' },
    scratch: { type: 'string', default: '/dev/shm' },
    runner: { type: 'string', default: RUNNER },
    network: { type: 'boolean', default: false },
    env: { type: 'string', multiple: true, default: [] },
  },
});

/** Runs the command once; its events. */
function run(observe) {
  const top = mkdtempSync(join(values.scratch, 'slipway-observe-'));
  for (const name of ['root', 'work', 'upper', 'scratch']) mkdirSync(join(top, name));
  const words = [
    ...['root', join(top, 'root'), 'work', join(top, 'work'), 'volatile', 'lower', values.root],
    ...['upper', join(top, 'upper'), 'scratch', join(top, 'scratch')],
    ...['mount-proc', 'mount-sys', 'mount-dev', 'env', `PATH=${process.env.PATH}`],
    ...['env', 'HOME=/root', ...values.env.flatMap((each) => ['env', each])],
    ...(values.network ? ['network', 'host'] : []),
    ...(observe ? ['observe'] : []),
    ...['arg', '/bin/sh', 'arg', '-ec', 'arg', positionals.join(' ')],
  ];
  const child = spawn(values.runner, ['run'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'],
  });
  child.stdio[3].end(['slipway-runner/1', ...words, 'end'].map((word) => `${word}\0`).join(''));
  const chunks = [];
  child.stdio[4].on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.on('close', () => {
      rmSync(top, { recursive: true, force: true });
      const lines = Buffer.concat(chunks).toString('latin1').split('\n').filter(Boolean);
      resolve(lines.map((line) => JSON.parse(line)));
    });
  });
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const seconds = { false: [], true: [] };
let seen;
for (let round = 0; round < Number(values.runs); round++) {
  for (const observe of round % 2 === 0 ? [false, true] : [true, false]) {
    const events = await run(observe);
    const exit = events.find(({ event }) => event === 'exit');
    if (exit?.code !== 0) throw new Error(`it failed: ${JSON.stringify(events.at(-1))}`);
    seconds[observe].push((exit.utime_us + exit.stime_us) / 1e6);
    if (observe) seen = events.find(({ event }) => event === 'observed');
  }
}
const [without, observed] = [median(seconds.false), median(seconds.true)];
const { calls, supervisor_us, interrupted, complete, reason } = seen;
console.log(
  `${without.toFixed(3)} s, observed ${observed.toFixed(3)} s: ${((observed / without - 1) * 100).toFixed(1)} %`,
  JSON.stringify({
    ...seconds,
    calls,
    supervisor: supervisor_us / 1e6,
    interrupted,
    complete,
    reason,
  }),
);
