// What bounds a step or opens it: limits, control groups, capabilities, a socket with an owner; and what of it is
// refused.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ALL_RUNGS, useBench } from '../support/bench.ts';
import { requires } from '../support/requires.ts';

const PIDS = '/sys/fs/cgroup/pids';

describe.each(ALL_RUNGS)('on rung %s', (rung) => {
  const bench = useBench(rung);

  test('limits are set, soft and hard, before anything of the step runs', async (context) => {
    bench.need(context);
    const words = ['rlimit', 'nofile', '50', '60', 'rlimit', 'core', '0', '0'];
    const limits = await bench.output({ args: ['/probe', 'cat', '/proc/self/limits'], words });
    expect(limits).toMatch(/^Max open files +50 +60 /m);
    expect(limits).toMatch(/^Max core file size +0 +0 /m);
  });

  test('a limit above what may be had is an error that says how much may be', async (context) => {
    bench.need(context);
    const words = ['rlimit', 'nofile', '9999999999', '9999999999'];
    const result = await bench.run({ args: ['/probe', 'id'], words });
    expect(result.event('error')).toMatchObject({
      code: 'E_LIMIT',
      message: expect.stringMatching(
        /^the limit nofile cannot be set to 9999999999: at most \d+ may be had here/,
      ),
    });
    expect(result.event('started')).toBeUndefined();
  });

  test('a socket gets the owner and the mode that are asked for, and nothing else does', async (context) => {
    bench.need(context);
    const folder = bench.folder();
    const socket = join(folder, 's');
    const server = createServer().listen(socket);
    onTestFinished(() => void server.close());
    writeFileSync(join(folder, 'file'), '');
    await new Promise((resolve) => server.once('listening', resolve));
    bench.own(folder);
    const fill = (lower: string) => writeFileSync(join(lower, 'target'), '');
    const words = ['bind-socket', socket, '/target', '0640', '5', '6'];
    const seen = await bench.output({ args: ['/probe', 'stat', '/target'], words, fill });
    expect(seen).toMatch(/^140640 /);
    if (rung !== 'single-id') expect(seen).toMatch(/^140640 5:6 /);
    const other = words.with(1, join(folder, 'file'));
    const refused = await bench.run({ args: ['/probe', 'id'], words: other, fill });
    expect(refused.event('error')).toMatchObject({
      code: 'E_SANDBOX',
      message: expect.stringContaining('/file is no socket'),
    });
  });

  test('every capability is given only where that is asked for, and to any user', async (context) => {
    bench.need(context);
    const words = ['seccomp', 'none', 'caps', 'all', 'user', '7'];
    const args = ['/probe', 'status', 'CapEff'];
    const result = await bench.run({ args, words });
    if (rung === 'single-id' || rung === 'chroot') {
      expect(result.event('error')).toMatchObject({ code: 'E_RUNNER_WORDS' });
      return;
    }
    const own = /^CapEff:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    const all = rung === 'root' ? own : '000001ffffffffff';
    expect(result.stdout.toString()).toContain(all);
    expect(await bench.output({ args, words: ['user', '7'] })).toContain('0000000000000000');
  });

  test.for([
    [['rlimit', 'nofle', '1', '1'], 'there is no limit "nofle"'],
    [['rlimit', 'nofile', '-1', '1'], '"-1" is not a number in range'],
    [['caps', 'some'], '"some" is neither default nor all'],
  ] as const)('%j is refused', async ([words, message], context) => {
    bench.need(context);
    const result = await bench.run({ args: ['/probe', 'id'], words: [...words] });
    expect(result.event('error')).toMatchObject({ code: 'E_RUNNER_WORDS', message });
  });
});

describe('as root', () => {
  const bench = useBench('root');

  test('a step is in its control group from the first process on, and none is left there', async (context) => {
    bench.need(context);
    requires(context, existsSync(join(PIDS, 'tasks')), 'the pids controller, version 1');
    const group = join(PIDS, `slipway-test-${process.pid}`);
    mkdirSync(group);
    onTestFinished(() => rmdirSync(group));
    writeFileSync(join(group, 'pids.max'), '2');
    const words = ['cgroup', group];
    const full = await bench.run({ args: ['/probe', 'id'], words });
    expect(full.event('exit')?.code === 0 && full.event('error') === undefined).toBe(false);
    writeFileSync(join(group, 'pids.max'), '20');
    expect(await bench.output({ args: ['/probe', 'id'], words })).toContain('0');
    expect(readFileSync(join(group, 'tasks'), 'utf8')).toBe('');
    const none = await bench.run({ args: ['/probe', 'id'], words: ['cgroup', '/nowhere'] });
    expect(none.event('error')).toMatchObject({ code: 'E_LIMIT', errno: 'ENOENT' });
  });
});
