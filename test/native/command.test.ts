// How a step's command is started and how its end is reported.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALL_RUNGS, useBench } from '../support/bench.ts';

const PASSWD = `root:x:0:0:root:/root:/bin/sh
broken line
app:x:1000:1001:An app:/home/app:/bin/sh
1234:x:77:78:a name of digits:/home/digits:/bin/sh
`;
const GROUP = `root:x:0:
app:x:1001:
video:x:44:other,app
docker:x:999:app
`;

const withUsers = (lower: string): void => {
  writeFileSync(join(lower, 'etc/passwd'), PASSWD);
  writeFileSync(join(lower, 'etc/group'), GROUP);
};

describe.each(ALL_RUNGS)('on rung %s', (rung) => {
  const bench = useBench(rung);

  test('a step with a terminal is refused where the client gives it none', async (context) => {
    bench.need(context);
    const result = await bench.run({ args: ['/probe', 'exit', '0'], words: ['tty'] });
    expect(result.status).toBe(1);
    expect(result.event('error')).toMatchObject({
      code: 'E_SANDBOX',
      message: 'a step with a terminal needs one on descriptors 0 and 1',
    });
  });

  test.for([0, 1, 3, 125, 255])('reports exit status %i', async (code, context) => {
    bench.need(context);
    const result = await bench.run({ args: ['/probe', 'exit', `${code}`] });
    expect(result.status).toBe(0);
    expect(result.events.map((event) => event.event)).toEqual(['hello', 'started', 'exit']);
    expect(result.event('exit')).toMatchObject({ code, signal: null });
  });

  test.for([
    [9, 'SIGKILL'],
    [15, 'SIGTERM'],
    [11, 'SIGSEGV'],
    [6, 'SIGABRT'],
  ] as const)('reports death by signal %i as 128 + n', async ([number, signal], context) => {
    bench.need(context);
    const result = await bench.run({ args: ['/probe', 'kill', `${number}`] });
    expect(result.event('exit')).toMatchObject({ code: 128 + number, signal });
  });

  test('a missing command is 127, and not a failure of the sandbox', async (context) => {
    bench.need(context);
    const result = await bench.run({ args: ['/no/such'] });
    expect(result.status).toBe(0);
    expect(result.event('started')).toBeUndefined();
    expect(result.event('error')).toBeUndefined();
    expect(result.event('exec-failed')).toEqual({
      event: 'exec-failed',
      code: 127,
      errno: 'ENOENT',
      message: '/no/such was not found: No such file or directory',
    });
    expect(result.event('exit')).toMatchObject({ code: 127, signal: null });
  });

  test('a file that may not be executed is 126', async (context) => {
    bench.need(context);
    const result = await bench.run({
      args: ['/data'],
      fill: (lower) => writeFileSync(join(lower, 'data'), 'text', { mode: 0o644 }),
    });
    expect(result.event('exec-failed')).toMatchObject({ code: 126, errno: 'EACCES' });
    expect(result.event('exit')).toMatchObject({ code: 126 });
  });

  test('a script whose interpreter is missing is told from a missing script', async (context) => {
    bench.need(context);
    const result = await bench.run({
      args: ['/script'],
      fill: (lower) => writeFileSync(join(lower, 'script'), '#!/no/interpreter\n', { mode: 0o755 }),
    });
    expect(result.event('exec-failed')).toMatchObject({
      code: 127,
      message:
        '/script is there, but the interpreter that it needs was not found: No such file or directory',
    });
  });

  test('a command without a slash is searched in PATH of its environment', async (context) => {
    bench.need(context);
    const words = ['env', 'PATH=/nowhere:/tools'];
    const fill = (lower: string): void => {
      mkdirSync(join(lower, 'tools'));
      symlinkSync('/probe', join(lower, 'tools/tool'));
    };
    expect(await bench.output({ args: ['tool', 'id'], words, fill })).toBe('0:0 0\n');
    const missing = await bench.run({ args: ['other'], words, fill });
    expect(missing.event('exec-failed')).toMatchObject({
      code: 127,
      message: 'other was not found in PATH: No such file or directory',
    });
  });

  test('the environment is what was given, and HOME', async (context) => {
    bench.need(context);
    const words = ['env', 'A=1', 'env', 'EMPTY=', 'env', 'A=2'];
    expect(await bench.output({ args: ['/probe', 'env'], words })).toBe(
      'A=1\nEMPTY=\nA=2\nHOME=/\n',
    );
    const own = await bench.output({ args: ['/probe', 'env'], words: ['env', 'HOME=/x'] });
    expect(own).toBe('HOME=/x\n');
  });

  test('the working folder is where the command starts', async (context) => {
    bench.need(context);
    const fill = (lower: string): void => mkdirSync(join(lower, 'etc/deep'));
    expect(await bench.output({ args: ['/probe', 'pwd'], words: ['cwd', '/etc/deep'], fill })).toBe(
      '/etc/deep\n',
    );
    const missing = await bench.run({ args: ['/probe', 'pwd'], words: ['cwd', '/none'] });
    expect(missing.status).toBe(1);
    expect(missing.event('error')).toMatchObject({
      code: 'E_WORKDIR',
      errno: 'ENOENT',
      message: 'cannot change to the working folder /none: No such file or directory',
    });
  });

  test.for([
    ['', '0:0 0', '/root'],
    ['root', '0:0 0', '/root'],
    ['app', '1000:1001 44 999 1001', '/home/app'],
    ['1000', '1000:1001 44 999 1001', '/home/app'],
    ['app:video', '1000:44 44', '/home/app'],
    ['app:77', '1000:77 77', '/home/app'],
    ['app:', '1000:1001 44 999 1001', '/home/app'],
    [':video', '0:44 44', '/root'],
    ['4242', '4242:0 0', '/'],
    ['4242:4343', '4242:4343 4343', '/'],
    ['1234', '77:78 78', '/home/digits'],
  ] as const)('user "%s" is %s', async ([user, ids, home], context) => {
    bench.need(context);
    const args = ['/probe', 'all', 'id', ',', 'env'];
    const output = await bench.output({ args, words: ['user', user], fill: withUsers });
    expect(output).toBe(`${ids}\nHOME=${home}\n`);
  });

  test.for([
    ['nobody', 'the image has no user "nobody" in /etc/passwd'],
    ['app:wheel', 'the image has no group "wheel" in /etc/group'],
  ] as const)(
    'user "%s" is an error that names what is missing',
    async ([user, message], context) => {
      bench.need(context);
      const result = await bench.run({
        args: ['/probe', 'id'],
        words: ['user', user],
        fill: withUsers,
      });
      expect(result.status).toBe(1);
      expect(result.event('error')).toMatchObject({ code: 'E_USER', message });
    },
  );

  test('stdin is the null device, umask 022, and stdout can be opened again', async (context) => {
    bench.need(context);
    // Both go by way of /proc.
    if (rung === 'chroot') return;
    const args = [
      '/probe',
      'all',
      'cat',
      '/dev/stdin',
      ',',
      'write',
      '/tmp/f',
      'x',
      ',',
      'stat',
      '/tmp/f',
    ];
    expect(await bench.output({ args })).toBe('100644 0:0 1 0:0\n');
    const reopened = ['/probe', 'write', '/dev/stdout', 'again'];
    const fill = (lower: string): void => chmodSync(join(lower, 'tmp'), 0o777);
    expect(await bench.output({ args: reopened })).toBe('again');
    expect(await bench.output({ args: reopened, words: ['user', '55:66'], fill })).toBe('again');
  });

  test('a megabyte of output arrives whole', async (context) => {
    bench.need(context);
    const big = Buffer.alloc(3_000_001, 'abcdefg');
    const fill = (lower: string): void => writeFileSync(join(lower, 'big'), big);
    const result = await bench.run({ args: ['/probe', 'cat', '/big'], fill });
    expect(result.stdout.equals(big)).toBe(true);
  });

  test('the host name is the one given', async (context) => {
    bench.need(context);
    const args = ['/probe', 'cat', '/proc/sys/kernel/hostname'];
    const step = { args, words: ['hostname', 'buildhost'] };
    if (rung !== 'chroot') expect(await bench.output(step)).toBe('buildhost\n');
    else expect((await bench.run(step)).event('error')).toMatchObject({ code: 'E_RUNNER_WORDS' });
  });
});
