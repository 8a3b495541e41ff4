// A step that is traced to see what it reads (PROTOCOL.md, "What a step looked at"): it behaves as it does untraced, and
// it is chosen only where no listener is given.

import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { useBench } from '../support/bench.ts';
import { observedOf } from '../support/observed.ts';
import { MKDIRAT, SYSINFO, withRival } from '../support/rival.ts';
import { callRunner, PROBE, type RunnerResult } from '../support/runner.ts';

const TRACED = ['observe', 'observe-by', 'ptrace'];

function fill(lower: string): void {
  writeFileSync(join(lower, 'f'), 'content\n');
  copyFileSync(PROBE, join(lower, 'mighty'));
  chmodSync(join(lower, 'mighty'), 0o4755);
}

function notesOf({ events }: RunnerResult): (string | undefined)[] {
  return events.flatMap(({ event, subject, message }) =>
    event === 'note' && subject === 'observe' ? [message] : [],
  );
}

describe.each(['root', 'rootless', 'chroot'] as const)('traced, rung %s', (rung) => {
  const bench = useBench(rung);
  const run = (
    context: TestContext,
    args: readonly string[],
    words: readonly string[] = TRACED,
  ) => {
    bench.need(context);
    return bench.run({ args, fill, words });
  };

  test('that is said', async (context) => {
    const result = await run(context, ['/probe', 'cat', '/f']);
    expect(notesOf(result)).toEqual([
      'no seccomp user notification for the step: ptrace was asked for',
    ]);
    expect(observedOf(result)).toMatchObject({ complete: true, interrupted: 0 });
    const listened = await run(context, ['/probe', 'cat', '/f'], ['observe']);
    expect(notesOf(listened)).toEqual([]);
  });

  test.for([
    ['a code', ['exit', '3'], { code: 3, signal: null }],
    ['a signal', ['kill', '11'], { code: 139, signal: 'SIGSEGV' }],
    [
      'SIGTRAP, by which a tracer is told of things',
      ['kill', '5'],
      { code: 133, signal: 'SIGTRAP' },
    ],
  ] as const)('it ends with %s as untraced', async ([, words, exit], context) => {
    const result = await run(context, ['/probe', ...words]);
    expect(result.event('exit')).toMatchObject(exit);
  });

  test.for([
    [
      'a child that is stopped and goes on',
      ['stops', '/f'],
      'stopped by 19, went on, ended with 7\n',
    ],
    ['a program executed by another thread', ['thread-exec', '/probe', 'cat', '/f'], 'content\n'],
    ['a child that tells its parent nothing', ['clone', '0'], '0\n'],
    [
      'a child that shares memory and is waited for',
      ['vfork', '/probe', 'cat', '/f'],
      'content\n0\n',
    ],
    ['a child that nobody may trace', ['clone', '800011'], 'EPERM\n'],
  ] as const)('%s is as untraced', async ([, words, output], context) => {
    const result = await run(context, ['/probe', ...words]);
    expect(result.stdout.toString()).toBe(output);
    expect(observedOf(result).reason).toBeNull();
  });

  test('no call fails by a signal', async (context) => {
    const result = await run(context, ['/probe', 'disturbed', '/f', '20000']);
    expect(result.stdout.toString()).toBe('disturbed 0\n');
  });

  test('a setuid program has the rights that it has untraced', async (context) => {
    const words = ['user', '7'];
    const args = ['/mighty', 'ids'];
    const traced = await run(context, args, [...TRACED, ...words]);
    const free = await run(context, args, words);
    expect(traced.stdout.toString()).toBe(free.stdout.toString());
    expect(observedOf(traced).looked.get('mighty')).toBe('cf');
  });

  test('a step that traces fails to, and is told why', async (context) => {
    const result = await run(context, ['/probe', 'traces']);
    expect(result.stdout.toString()).toBe('EPERM\n');
    // On rung chroot it is refused in any case.
    if (rung === 'chroot') return expect(observedOf(result).complete).toBe(true);
    expect(observedOf(result).reason).toContain('trace');
    expect(result.events.find(({ subject }) => subject === 'tracing')?.message).toContain('strace');
  });

  test('it ends with the runner', async (context) => {
    bench.need(context);
    const args = ['/probe', 'stubborn', '600'];
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const step = bench.start({ args, fill, words: TRACED });
      await step.output('ready');
      step.child.kill(signal);
      await step.result;
    }
  });
});

describe('where a container has a listener', () => {
  const bench = useBench('root');

  async function inContainer(context: TestContext, call: number): Promise<RunnerResult> {
    bench.need(context);
    const { words } = bench.prepare({ args: ['/probe', 'cat', '/f'], fill, words: ['observe'] });
    const binary = withRival(bench.folder(), call, bench.binary);
    return callRunner({ verb: 'run', words, binary });
  }

  test('a step is traced', async (context) => {
    const result = await inContainer(context, SYSINFO);
    expect(notesOf(result)).toEqual(['no seccomp user notification for the step: EBUSY']);
    expect(observedOf(result)).toMatchObject({ complete: true });
    expect(observedOf(result).looked.get('f')).toBe('cf');
  });

  test('that hears of a look-up before a tracer can, the step is not seen whole', async (context) => {
    const result = await inContainer(context, MKDIRAT);
    expect(result.stdout.toString()).toBe('content\n');
    expect(observedOf(result).reason).toContain('a listener of the container');
  });

  test('a probe says so', async (context) => {
    bench.need(context);
    const words = ['dir', bench.folder()];
    const binary = withRival(bench.folder(), SYSINFO, bench.binary);
    const { stdout } = await callRunner({ verb: 'probe', words, binary });
    const { observation } = JSON.parse(stdout.toString());
    expect(observation).toEqual({ way: 'ptrace', listener: 'EBUSY', ptrace: null });
  });
});
