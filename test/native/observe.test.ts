// What the runner says that a step looked up, on every rung: each kind of call, each roundabout way to a file,
// and what the kernel opens by itself. Paths are true places (PROTOCOL.md, "What a step looked at").

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { type Bench, useBench } from '../support/bench.ts';
import { elf } from '../support/elf.ts';
import { type Observed, observedOf, WAYS } from '../support/observed.ts';

interface Seen extends Observed {
  readonly output: string;
  readonly code: unknown;
}

/** A tree with a file to read, links to it and folders to move. */
function fill(lower: string): void {
  for (const name of ['app', 'app/sub', 'cage', 'cage/etc', 'cage/proc', 'list', 'bin'])
    mkdirSync(join(lower, name));
  writeFileSync(join(lower, 'app/x'), 'content\n');
  writeFileSync(join(lower, 'app/sub/y'), 'below\n');
  writeFileSync(join(lower, 'cage/etc/z'), 'caged\n');
  writeFileSync(join(lower, 'list/one'), '');
  symlinkSync('x', join(lower, 'app/near'));
  symlinkSync('/app', join(lower, 'far'));
  symlinkSync('/etc/z', join(lower, 'cage/out'));
  symlinkSync('/proc/self/cwd', join(lower, 'here'));
  symlinkSync('nowhere', join(lower, 'dangling'));
  writeFileSync(join(lower, 'bin/script'), '#!/bin/wrapper -x\n', { mode: 0o755 });
  writeFileSync(join(lower, 'bin/wrapper'), '#! ../probe exit 5\n', { mode: 0o755 });
}

type See = (words: string, more?: readonly string[]) => Promise<Seen>;

async function see(bench: Bench, observe: readonly string[], words: string): Promise<Seen> {
  const args = ['/probe', 'all', ...words.split(' ')];
  const result = await bench.run({ args, fill, words: observe });
  return {
    ...observedOf(result),
    output: result.stdout.toString(),
    code: result.event('exit')?.code,
  };
}

/** What was looked up besides what every step of these looks up. */
function own({ looked }: Observed): Record<string, string> {
  const usual = new Set(['', 'probe', 'etc/passwd', 'etc/group']);
  return Object.fromEntries([...looked].filter(([path]) => !usual.has(path)).sort());
}

/** Verbs of the probe, what they look up, and what they print. */
type Case = readonly [string, string, Record<string, string>, string?];

const CASES: readonly Case[] = [
  ['a file that is read', 'cat /app/x', { 'app/x': 'cf' }, 'content\n'],
  ['a file that is mapped', 'map /app/x', { 'app/x': 'cf' }, 'c\n'],
  ['a file that is not there', 'look open /app/none', { 'app/none': 'cf' }, 'ENOENT\n'],
  ['a folder that is not there', 'look stat /app/no/thing', { 'app/no/thing': 'sf' }, 'ENOENT\n'],
  ['test -e', 'look access /app/none', { 'app/none': 'af' }, 'ENOENT\n'],
  ['faccessat2', 'look faccessat2 /app/x', { 'app/x': 'af' }],
  ['stat', 'look stat /app/near', { 'app/near': 'r', 'app/x': 'sf' }],
  ['statx', 'look statx /far/x', { far: 'r', 'app/x': 'sf' }],
  ['lstat', 'look lstat /app/near', { 'app/near': 's' }],
  ['a slash after a link', 'look lstat /far/', { far: 'r', app: 'sf' }],
  ['readlink', 'look readlink /app/near', { 'app/near': 'r' }],
  ['a link to nowhere', 'look stat /dangling', { dangling: 'r', nowhere: 'sf' }, 'ENOENT\n'],
  ['attributes', 'look getxattr /app/near', { 'app/near': 'r', 'app/x': 'sf' }, 'ENODATA\n'],
  ['names of attributes', 'look listxattr /app/near', { 'app/near': 's' }],
  ['statfs', 'look statfs /far', { far: 'r', app: 'af' }],
  ['inotify', 'look watch /app/x', { 'app/x': 'af' }],
  ['O_PATH', 'look open-path /app/near', { 'app/near': 's' }],
  ['appending', 'look open-append /app/x', { 'app/x': 'cf' }],
  ['writing anew', 'look open-trunc /app/x', { 'app/x': 'af' }],
  ['a new file', 'look open-new /app/n', { 'app/n': 'a' }],
  ['a new file that is there', 'look open-new /app/near', { 'app/near': 'a' }, 'EEXIST\n'],
  ['names of a folder', 'ls /list', { list: 'clf' }, 'one\n'],
  ['a folder that is made', 'mkdir /app/d', { 'app/d': 'a' }],
  ['a folder that is removed', 'mkdir /app/d , unlink /app/d', { 'app/d': 'al' }],
  ['a file that is removed', 'unlink /app/near', { 'app/near': 'a' }],
  ['a file that is moved', 'rename /app/x /app/n', { 'app/x': 'c', 'app/n': 'al' }],
  ['a hard link', 'link /app/x /app/n', { 'app/x': 'c', 'app/n': 'a' }],
  ['a mode', 'chmod /far/x 600', { far: 'r', 'app/x': 'sf' }],
  [
    'up through a link',
    'look stat /far/sub/../../app/x',
    { far: 'r', app: 'a', 'app/sub': 'a', 'app/x': 'sf' },
  ],
  [
    'a working folder',
    'chdir /far/sub , cat ../x',
    { far: 'r', 'app/sub': 'af', 'app/x': 'cf' },
    'content\n',
  ],
  [
    'a folder descriptor',
    'from-folder /far sub/y',
    { far: 'r', app: 'sf', 'app/sub/y': 'cf' },
    'below\n',
  ],
  ['a thread', 'thread /app/x', { 'app/x': 'cf' }, 'content\n'],
  ['a daemon', 'daemon-reads /app/x', { 'app/x': 'cf' }, 'content\n'],
  ['a socket that is nowhere', 'socket connect /app/x', { 'app/x': 'af' }, 'ECONNREFUSED\n'],
  ['a socket that is bound', 'socket bind /app/s', { 'app/s': 'a' }],
  ['a message to a socket', 'socket sendto /far/s', { far: 'r', 'app/s': 'af' }, 'ENOENT\n'],
  ['a long message to a socket', 'socket sendmsg /far/s', { far: 'r', 'app/s': 'af' }, 'ENOENT\n'],
  [
    'a link of its own',
    'symlink /app /tmp/l , cat /tmp/l/x , look stat /tmp/l/n',
    { 'tmp/l': 'ar', 'app/x': 'cf', 'app/n': 'sf' },
    'content\nENOENT\n',
  ],
  [
    'a link of its own that changes',
    'symlink /list /l , look stat /l/x , unlink /l , symlink app /l , cat /l/x',
    { l: 'ar', 'list/x': 'sf', 'app/x': 'cf' },
    'ENOENT\ncontent\n',
  ],
  [
    'a link of its own in place of a folder',
    'mkdir /d , look stat /d/x , unlink /d , symlink /app /d , cat /d/x',
    { d: 'alr', 'd/x': 'sf', 'app/x': 'cf' },
    'ENOENT\ncontent\n',
  ],
  [
    'a link that is moved',
    'look stat /list/x , mkdir /list/d , rename /far /list/d/l , cat /list/d/l/x',
    { 'list/x': 'sf', 'list/d': 'a', far: 'c', 'list/d/l': 'alr', 'app/x': 'cf' },
    'ENOENT\ncontent\n',
  ],
  [
    'a hard link to a link',
    'link /app/near /n , look stat /n',
    { 'app/near': 'c', n: 'ar', x: 'sf' },
    'ENOENT\n',
  ],
  [
    'a folder that is moved, with a link in it',
    'mkdir /list/d , symlink ../x /list/d/l , look stat /app/d/l , rename /list/d /app/d , cat /app/d/l',
    { 'list/d': 'ac', 'list/d/l': 'a', 'app/d': 'al', 'app/d/l': 'srf', 'app/x': 'cf' },
    'ENOENT\ncontent\n',
  ],
  [
    'a folder that is moved while it is open',
    'mkdir /list/d , from-moved /list/d /app/d ../x',
    { 'list/d': 'ascf', 'app/d': 'al', 'app/x': 'cf' },
    'content\n',
  ],
  [
    'names of a folder that was moved',
    'mkdir /list/d , list-moved /list/d /app/d',
    { 'list/d': 'acf', 'app/d': 'al' },
  ],
  [
    'the working folder is removed',
    'mkdir /app/d , chdir /app/d , unlink /app/d , cat ../x',
    { 'app/d': 'alf', 'app/x': 'cf' },
    'content\n',
  ],
];

/** What a step on rung chroot cannot do: it sees no process, and changes no root. */
const NAMESPACE_CASES: readonly Case[] = [
  ['/proc/self/fd', 'by-descriptor /app/x /proc/self/fd', { 'app/x': 'scf' }, 'content\n'],
  [
    '/proc/thread-self/fd',
    'by-descriptor /app/x /proc/thread-self/fd',
    { 'app/x': 'scf' },
    'content\n',
  ],
  ['/dev/fd', 'by-descriptor /app/x /dev/fd', { 'app/x': 'scf' }, 'content\n'],
  [
    '/proc/self/cwd',
    'chdir /app , cat /proc/self/cwd/near',
    { app: 'af', 'app/near': 'r', 'app/x': 'cf' },
    'content\n',
  ],
  [
    'a link of the image to /proc/self/cwd',
    'chdir /app , cat /here/x',
    { app: 'af', here: 'r', 'app/x': 'cf' },
    'content\n',
  ],
  ['/proc/self/root', 'cat /proc/self/root/far/x', { far: 'r', 'app/x': 'cf' }, 'content\n'],
  ['/proc/self/exe', 'look open /proc/self/exe', {}],
  [
    'another root',
    'chroot /cage , cat /out , cat ../../etc/z',
    { cage: 'af', 'cage/out': 'r', 'cage/etc/z': 'cf' },
    'caged\ncaged\n',
  ],
];

describe.each(WAYS)('observe, rung %s, by %s', (rung, way) => {
  const bench = useBench(rung);
  const OBSERVE = ['observe', 'observe-by', way];
  const look: See = (words, more = []) => see(bench, [...OBSERVE, ...more], words);
  const check = (name: string, run: () => Promise<void>): void =>
    test(name, async (context: TestContext) => {
      bench.need(context);
      await run();
    });

  check('nothing is said unless it was asked for', async () => {
    const result = await bench.run({ args: ['/probe', 'exit', '3'] });
    expect(result.event('exit')?.code).toBe(3);
    expect(result.event('observed')).toBeUndefined();
  });

  check('it is said before the exit, whole and with what the runner looked up', async () => {
    const result = await bench.run({ args: ['/probe', 'exit', '3'], words: OBSERVE });
    const names = result.events.map(({ event }) => event);
    expect(names.indexOf('observed')).toBe(names.indexOf('exit') - 1);
    const seen = observedOf(result);
    expect(seen).toMatchObject({ complete: true, reason: null, network: false });
    expect(Object.fromEntries(seen.looked)).toEqual({
      '': 'af',
      probe: 'cf',
      'etc/passwd': 'cf',
      'etc/group': 'cf',
    });
  });

  const cases = rung === 'chroot' ? CASES : [...CASES, ...NAMESPACE_CASES];
  for (const [name, words, looked, output] of cases)
    check(name, async () => {
      const seen = await look(words);
      expect([seen.output, seen.reason]).toEqual([output ?? '', null]);
      expect(own(seen)).toEqual(looked);
    });

  // Each is a wait for the supervisor: the runner's own set-up of the process must not be shown to it.
  check('a step that does nothing waits for the supervisor a few times only', async () => {
    expect((await look('pwd')).calls).toBeLessThan(way === 'notice' ? 8 : 150);
  });

  check('names of any bytes', async () => {
    const result = await bench.run({
      args: [],
      words: [
        ...[...OBSERVE, 'arg', '/probe', 'arg', 'cat', 'arg'],
        Buffer.from('/app/\xff"\\\n\u00e9', 'latin1'),
      ],
    });
    expect(result.event('looked')?.['paths']).toContain('app/\xff"\\\n\u00e9');
  });

  check('a command that is searched, and is nowhere', async () => {
    const words = [...OBSERVE, 'env', 'PATH=/far:/bin'];
    const result = await bench.run({ args: ['nothing'], fill, words });
    expect(result.event('exit')?.code).toBe(127);
    expect(own(observedOf(result))).toEqual({ far: 'r', 'app/nothing': 'cf', 'bin/nothing': 'cf' });
  });

  check('interpreters of interpreters', async () => {
    const seen = await look('exec /bin/script');
    expect(seen).toMatchObject({ code: 99, complete: true });
    expect(own(seen)).toEqual({ 'bin/script': 'cf', 'bin/wrapper': 'cf' });
    expect(own(await look('vfork /bin/script'))).toEqual(own(seen));
    expect(own(await look('exec-open /bin/script'))).toMatchObject({ 'bin/wrapper': 'cf' });
  });

  check('the ELF interpreter, and programs that nobody here can start', async () => {
    const start = (name: string, content: Buffer) =>
      bench.run({
        args: ['/probe', 'exec', `/bin/${name}`],
        words: OBSERVE,
        fill: (lower) => {
          fill(lower);
          writeFileSync(join(lower, 'bin', name), content, { mode: 0o755 });
        },
      });
    const native = observedOf(await start('native', elf('/far/interpreter')));
    expect(native.complete).toBe(true);
    expect(native.looked.get('app/interpreter')).toBe('cf');
    const foreign = observedOf(await start('foreign', elf('/far/interpreter', 3)));
    expect(foreign.reason).toContain('another architecture');
    const unknown = observedOf(await start('unknown', Buffer.from([1, 2, 3, 4])));
    expect(unknown.reason).toContain('handler');
    expect(observedOf(await start('text', Buffer.from('echo hello\n'))).complete).toBe(true);
  });

  check('the network, where there is one', async () => {
    const connect = 'connect 127.0.0.1 9';
    expect((await look(connect)).network).toBe(false);
    expect((await look(connect, ['network', 'host'])).network).toBe(true);
    const local = await look('socket connect /app/x', ['network', 'host']);
    expect(local.network).toBe(false);
  });

  check('what lies in a mount is not looked at, nor what is written there', async () => {
    const kept = bench.folder();
    writeFileSync(join(kept, 'k'), 'kept\n');
    symlinkSync('/app/x', join(kept, 'back'));
    bench.own(kept);
    const words = ['bind', kept, '/list', 'rw'];
    const read = await look('cat /list/k , cat /list/back', words);
    expect(read).toMatchObject({ output: 'kept\ncontent\n' });
    expect(own(read)).toEqual({ 'app/x': 'cf' });
    expect(own(await look('write /list/new x', words))).toEqual({});
    expect(own(await look('unlink /list/k', words))).toEqual({});
  });

  check("a step's own filter works as without us", async () => {
    const refusing = await look('own-filter errno , times /app/x 5');
    expect(refusing).toMatchObject({ output: 'EXDEV\n', complete: true });
    const tracing = await look('own-filter trace , cat /app/x');
    expect(tracing).toMatchObject({ output: 'content\n', complete: false });
    expect(tracing.reason).toContain('tracer');
    const listening = await look('filter');
    expect(listening.reason).toContain('listener');
  });

  check('every call that a signal took back is counted', async () => {
    const seen = await look('disturbed /app/x 20000');
    const [word, failed] = seen.output.split(' ');
    expect(word).toBe('disturbed');
    expect(seen.interrupted).toBeGreaterThanOrEqual(Number(failed));
    expect(seen.complete).toBe(true);
  });

  check(
    'a signal whose handler restarts calls makes none fail, and counts for nothing',
    async () => {
      const seen = await look('disturbed /app/x 20000 restart');
      expect(seen).toMatchObject({ output: 'disturbed 0\n', interrupted: 0, complete: true });
    },
  );

  check('io_uring and handles are refused as always', async () => {
    const seen = await look('syscall 425 8 0');
    expect(seen).toMatchObject({ output: 'EPERM\n', complete: true });
  });

  check(
    'a folder of the input can be moved on rung chroot, and abstract sockets be reached',
    async () => {
      if (rung !== 'chroot') return;
      const moving = await look('rename /app/sub /list/sub , cat /list/sub/y');
      expect(moving).toMatchObject({ output: 'below\n', complete: false });
      expect(moving.reason).toContain('moved a folder');
      expect((await look('chroot /cage')).output).toBe('EPERM\n');
      expect((await look('socket connect ')).network).toBe(true);
    },
  );

  check('a step without /proc is not observed', async () => {
    if (rung === 'chroot') return;
    const result = await bench.run({
      args: ['/probe', 'exit', '0'],
      words: OBSERVE,
      bare: true,
    });
    if (rung === 'single-id') return expect(result.event('error')?.code).toBe('E_MOUNT_TARGET');
    expect(result.event('exit')?.code).toBe(0);
    expect(observedOf(result).reason).toContain('/proc');
  });
});
