// Rung single-id has a supervisor in pid 1 of the step, which reads the step's memory and acts on its files.
// A step must not reach it, use it, end it, stall it or make it grow.

import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RUNGS, useBench } from '../support/bench.ts';
import { stream } from '../support/entry-stream.ts';
import { requires } from '../support/requires.ts';
import { PROBE } from '../support/runner.ts';

const x86 = process.arch === 'x64';

describe('the supervisor', () => {
  const bench = useBench('single-id');
  const probe = (verbs: string) => ({ args: ['/probe', 'all', ...verbs.split(' ')] });

  test.for([
    ['ptrace', x86 ? '101' : '117', '16', '1'],
    ['seizing it', x86 ? '101' : '117', '0x4206', '1'],
    ['reading its memory', x86 ? '310' : '270', '1', '0', '0', '0', '0', '0'],
    ['taking its descriptors', '438', '3', '5', '0'],
  ] as const)('%s is refused', async ([, ...words], context) => {
    bench.need(context);
    const verbs = `syscall ${words.join(' ')}`;
    const result = await bench.run(probe(verbs));
    // Reading nothing succeeds: there is nothing to be refused.
    expect(result.stdout.toString()).toMatch(/^(EPERM|EACCES|0)\n$/);
  });

  test('its descriptors, memory and program cannot be opened', async (context) => {
    bench.need(context);
    for (const path of ['/proc/1/mem', '/proc/1/exe', '/proc/1/maps', '/proc/1/environ']) {
      const result = await bench.run(probe(`open ${path} r`));
      expect(`${path} ${result.stdout}`).toBe(`${path} EACCES\n`);
    }
    for (let fd = 3; fd < 10; fd++) {
      const result = await bench.run(probe(`open /proc/1/fd/${fd} w`));
      expect(result.stdout.toString()).toMatch(/^(EACCES|ENOENT)\n$/);
    }
    const listed = await bench.run(probe('ls /proc/1/fd'));
    expect(listed.stdout.toString()).toBe('EACCES\n');
  });

  test.for([
    '/proc/1/fd/4',
    '/proc/1/fd/3',
    '/proc/self/fd/1',
    '/proc/1/cwd/new',
    '/proc/1/root/etc/new',
    '/dev/null',
    '/link',
  ])(
    'a path that becomes %s under its eyes gives no descriptor of its own',
    async (path, context) => {
      bench.need(context);
      const layer = bench.folder();
      const tree = stream(
        { type: 'symlink', path: 'link', link: '/proc/1/fd/4' },
        { type: 'dir', path: 'tmp', mode: 0o1777 },
      );
      await bench.call('extract', ['dir', layer], tree);
      for (const user of ['', '1000']) {
        const spec = { ...probe(`flip-open /tmp/new ${path} 800`), lowers: [layer] };
        const result = await bench.run({ ...spec, words: ['user', user] });
        expect(result.event('exit')).toMatchObject({ code: 0, signal: null });
        // The null device and the step's own output may be opened: no plain files, but the kernel opened them.
        const own = path === '/dev/null' || path === '/proc/self/fd/1';
        expect(result.stdout.toString()).toMatch(own ? /some \d+\n$/ : /some 0\n$/);
      }
    },
  );

  test('a path that flips changes the owner of nothing outside of the step', async (context) => {
    bench.need(context);
    const result = await bench.run(probe('flip-open /tmp/new ../../../../../../etc/new 500'));
    expect(result.event('exit')).toMatchObject({ code: 0 });
    expect(readdirSync('/etc')).not.toContain('new');
  });

  test.for([
    ['chown', x86 ? '92' : '55', ['1', '0', '0']],
    ['getresuid', x86 ? '118' : '148', ['1', '1', '1']],
    ['setgroups', x86 ? '116' : '159', ['4', '1']],
    ['getgroups', x86 ? '115' : '158', ['64', '1']],
    ['statx', x86 ? '332' : '291', ['-100', '1', '0', '0', '1']],
    ['newfstatat', x86 ? '262' : '79', ['-100', '1', '1', '0']],
    ['openat2', '437', ['-100', '1', '1', '24']],
    ['openat', x86 ? '257' : '56', ['-100', '1', '0x42', '0']],
    ['mkdirat', x86 ? '258' : '34', ['-100', '1', '0']],
    ['mknodat', x86 ? '259' : '33', ['-100', '1', '0x21ff', '259']],
    ['symlinkat', x86 ? '266' : '36', ['1', '-100', '1']],
    ['execve', x86 ? '59' : '221', ['1', '0', '0']],
    ['utimensat', x86 ? '280' : '88', ['-100', '1', '1', '0x100']],
    ['fchownat', x86 ? '260' : '54', ['-100', '1', '0', '0', '0']],
  ] as const)('a pointer to nowhere in %s is EFAULT', async ([name, number, args], context) => {
    bench.need(context);
    requires(context, x86 || name !== 'chown', 'an x86-64 processor');
    // Only root gets so far as to hand over groups.
    const users = name === 'setgroups' ? [''] : ['', '7:8'];
    for (const user of users) {
      const words = ['user', user];
      const result = await bench.run({ ...probe(`syscall ${number} ${args.join(' ')}`), words });
      // Asked for groups that are fewer than none, the kernel looks at no pointer.
      expect(result.stdout.toString()).toMatch(
        name === 'getgroups' ? /^(EFAULT|0)\n$/ : /^EFAULT\n$/,
      );
    }
  });

  test('a filter of the step counts too, and it gets no listener of its own', async (context) => {
    bench.need(context);
    const result = await bench.run({ ...probe('filter'), words: ['user', '7:8'] });
    expect(result.stdout.toString()).toBe('EBUSY\nEXDEV\n7\n');
  });

  test('a step that kills everything ends, and so does the runner', async (context) => {
    bench.need(context);
    const result = await bench.run(probe('daemon x , set uid 5 , killall , ids'));
    expect(result.stdout.toString()).toMatch(/^alive\n5,5,5,5 0,0,0,0/);
    expect(result.event('exit')).toMatchObject({ code: 0, signal: null });
  });

  test('processes that die while they wait for an answer hold nobody up', async (context) => {
    bench.need(context);
    const result = await bench.run(probe('die-waiting 100 , ids'));
    expect(result.stdout.toString()).toMatch(/^0,0,0,0 0,0,0,0/);
  });

  test('a storm of calls and identities leaves it below 3 MB', async (context) => {
    bench.need(context);
    const result = await bench.run(probe('write /storm x , storm 300 , cat /proc/1/status'));
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(result.stdout.toString())?.[1];
    expect(Number(peak)).toBeGreaterThan(100);
    expect(Number(peak)).toBeLessThan(3 * 1024);
  });

  test('the limit that holds an identity cannot be set or read', async (context) => {
    bench.need(context);
    // RLIMIT_RSS is 5; prlimit64(0, 5, &new, 0) with a pointer to nowhere would be EFAULT.
    const result = await bench.run(
      probe(`set uid 5 , syscall ${x86 ? '302' : '261'} 0 5 1 0 , ids`),
    );
    expect(result.stdout.toString()).toMatch(/^0\n5,5,5,5 0,0,0,0/);
  });

  test('without a /proc of its own there is no step', async (context) => {
    bench.need(context);
    const result = await bench.run({ ...probe('ids'), bare: true });
    expect(result.event('error')).toMatchObject({ code: 'E_MOUNT_TARGET' });
    const covered = await bench.run({ ...probe('ids'), words: ['tmpfs', '/proc', '0', '755'] });
    expect(covered.event('error')).toMatchObject({
      code: 'E_MOUNT_TARGET',
      message: 'something is mounted on /proc, which this rung needs',
    });
  });
});

describe.each(RUNGS)('records of owners on rung %s', (rung) => {
  const bench = useBench(rung);

  test('those that a layer brings along are left out', async (context) => {
    bench.need(context);
    const dir = bench.folder();
    const owner = { 'user.slipway.owner': Buffer.from('0:0:c:1:3') };
    const input = stream({ type: 'file', path: 'f', uid: 5, gid: 6, xattrs: owner });
    const result = await bench.call('extract', ['dir', dir], input);
    expect(result.event('note')?.message).toBe(
      '1 extended attributes were left out, the first of them user.slipway.owner',
    );
    const spec = { args: ['/probe', 'stat', '/f'], lowers: [dir] };
    expect(await bench.output(spec)).toBe('100644 5:6 0 0:0\n');
  });
});

describe('a record of an owner', () => {
  const bench = useBench('single-id');

  test('cannot be forged by a step, nor taken away', async (context) => {
    bench.need(context);
    const verbs = 'write /f x , chown /f 3 4 , stat /f , setxattr /f user.slipway.owner 0:0:c:8:0';
    const forged = await bench.run({ args: ['/probe', 'all', ...verbs.split(' ')] });
    expect(forged.stdout.toString()).toBe('100644 3:4 1 0:0\nEPERM\n');
    expect(forged.event('exit')).toMatchObject({ code: 1 });
  });

  test.for([
    ['0:0:c:8:0', '20644 0:0 1 8:0'],
    ['7:8', '100644 7:8 1 0:0'],
    ['7:8:c:1', '100644 0:0 1 0:0'],
    ['99999999999:1', '100644 0:0 1 0:0'],
  ] as const)('that says %s is no more than an owner', async ([record, shown], context) => {
    bench.need(context);
    const fill = (lower: string): void => {
      writeFileSync(join(lower, 'f'), 'x');
      spawnSync(PROBE, ['setxattr', join(lower, 'f'), 'user.slipway.owner', record]);
    };
    expect(await bench.output({ args: ['/probe', 'stat', '/f'], fill })).toBe(`${shown}\n`);
  });
});
