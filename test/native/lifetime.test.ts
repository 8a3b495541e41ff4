// No process and no mount survives its step, however the step ends.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALL_RUNGS, useBench } from '../support/bench.ts';
import { runIn } from '../support/runner-in.ts';

/** Command lines of all processes of this machine that have `mark` among their words. */
function processesWith(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((line) => line.includes(mark));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

async function until(condition: () => boolean, ms: number): Promise<void> {
  const end = Date.now() + ms;
  while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}

/** Mounts of a step that the machine sees: other tests mount at the same time, so only ours count. */
const mountCount = (): number =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes('slipway-native-')).length;

describe.each(ALL_RUNGS)('on rung %s', (rung) => {
  const bench = useBench(rung);
  const mark = `mark-${rung}-${process.pid}`;

  test('a daemon that the step leaves behind is killed before the exit is reported', async (context) => {
    bench.need(context);
    const before = mountCount();
    const result = await bench.run({ args: ['/probe', 'daemon', mark] });
    expect(result.event('exit')?.code).toBe(0);
    expect(processesWith(mark)).toEqual([]);
    expect(mountCount()).toBe(before);
  });

  test('SIGTERM ends the command, which may answer it', async (context) => {
    bench.need(context);
    const step = bench.start({
      args: ['/probe', 'all', 'pwd', ',', 'sleep', '600', mark],
    });
    await step.output('/');
    const started = Date.now();
    step.child.kill('SIGTERM');
    const result = await step.result;
    expect(Date.now() - started).toBeLessThan(250);
    expect(result.event('exit')).toMatchObject({ code: 143, signal: 'SIGTERM' });
    expect(processesWith(mark)).toEqual([]);
  });

  test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends a command that ignores it within a second',
    async (signal, context) => {
      bench.need(context);
      const step = bench.start({ args: ['/probe', 'stubborn', '600', mark] });
      await step.output('ready');
      const started = Date.now();
      step.child.kill(signal);
      const result = await step.result;
      expect(Date.now() - started).toBeGreaterThan(250);
      expect(Date.now() - started).toBeLessThan(1000);
      expect(result.event('exit')).toMatchObject({ code: 137, signal: 'SIGKILL' });
      expect(processesWith(mark)).toEqual([]);
    },
  );

  test('a second signal does not wait', async (context) => {
    bench.need(context);
    const step = bench.start({ args: ['/probe', 'stubborn', '600', mark] });
    await step.output('ready');
    const started = Date.now();
    step.child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 30));
    step.child.kill('SIGTERM');
    await step.result;
    expect(Date.now() - started).toBeLessThan(200);
    expect(processesWith(mark)).toEqual([]);
  });

  test('kill -9 of the runner leaves no process and no mount', async (context) => {
    bench.need(context);
    const before = mountCount();
    const step = bench.start({ args: ['/probe', 'stubborn', '600', mark] });
    await step.output('ready');
    step.child.kill('SIGKILL');
    await until(() => processesWith(mark).length === 0, 2000);
    expect(mountCount()).toBe(before);
  });

  test('kill -9 of the client leaves no process', async (context) => {
    bench.need(context);
    const step = bench.prepare({ args: ['/probe', 'stubborn', '600', mark] });
    const words = ['slipway-runner/2', ...bench.maps, ...step.words, 'end'];
    const program = `
      import { spawn } from 'node:child_process';
      const [binary, uid, ...words] = process.argv.slice(1);
      const who = uid === '0' ? {} : { uid: Number(uid), gid: Number(uid) };
      const child = spawn(binary, ['run'], { stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'], ...who });
      child.stdio[3].end(words.map((word) => word + '\\0').join(''));
      setInterval(() => {}, 1000);
    `;
    const args = [
      '--input-type=module',
      '-e',
      program,
      bench.binary,
      `${bench.uid}`,
      ...words.map(String),
    ];
    const client = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => client.stdout.once('data', resolve));
    client.kill('SIGKILL');
    await until(() => processesWith(mark).length === 0, 2000);
  });

  test('a client that does not read cannot keep the step from being ended', async (context) => {
    bench.need(context);
    const step = bench.start({ args: ['/probe', 'cat', '/dev/zero', mark] });
    await step.output('\0');
    step.child.stdout?.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    step.child.kill('SIGTERM');
    await until(() => processesWith(mark).length === 0, 1000);
    step.child.stdout?.resume();
    expect((await step.result).event('exit')).toMatchObject({ code: 143 });
  });
});

describe('in a container that withholds CAP_KILL', () => {
  const bench = useBench('chroot');
  const mark = `mark-unkillable-${process.pid}`;

  test('a daemon of another user is killed too', async (context) => {
    bench.need(context);
    const { words } = bench.prepare({
      args: ['/probe', 'daemon', mark],
      words: ['user', '33:33'],
    });
    const script = 'exec setpriv --bounding-set -kill --inh-caps -kill "$@"';
    const result = await runIn(context, bench, { script, words: [...bench.maps, ...words] });
    expect(result.event('exit')?.code).toBe(0);
    expect(processesWith(mark)).toEqual([]);
  });
});
