// Steps that look something up in a way that is hard to see, or while it changes: what they looked at is said in full, or
// the step is said not to have been seen whole.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Bench, useBench } from '../support/bench.ts';
import { elf } from '../support/elf.ts';
import { type Observed, observedOf, WAYS } from '../support/observed.ts';
import { requires, requiresPrograms } from '../support/requires.ts';
import { callRunner, IS_SANITIZED } from '../support/runner.ts';

interface Seen extends Observed {
  readonly output: string;
}

function fill(lower: string): void {
  for (const name of ['app', 'app/sub', 'bin', 'd (deleted)']) mkdirSync(join(lower, name));
  writeFileSync(join(lower, 'app/x'), 'content\n');
  writeFileSync(join(lower, 'app/y'), 'other\n');
  writeFileSync(join(lower, 'app/sub/z'), 'below\n');
  writeFileSync(join(lower, 'd (deleted)/f'), 'still here\n');
  symlinkSync('/app/x', join(lower, 'app/sub/out'));
  symlinkSync('z', join(lower, 'app/sub/near'));
  symlinkSync('/proc/self/fd', join(lower, 'own'));
  writeFileSync(join(lower, 'bin/script'), '#!/bin/wrapper -x\n', { mode: 0o755 });
  writeFileSync(join(lower, 'bin/wrapper'), '#! ../probe exit 5\n', { mode: 0o755 });
  copyFileSync(join(lower, 'probe'), join(lower, 'bin/mighty'));
}

type See = (
  args: readonly string[],
  words?: readonly string[],
  more?: (lower: string) => void,
) => Promise<Seen>;

async function see(
  bench: Bench,
  args: readonly string[],
  words: readonly string[] = [],
  more: (lower: string) => void = () => {},
): Promise<Seen> {
  const result = await bench.run({
    args,
    words,
    fill: (lower) => {
      fill(lower);
      more(lower);
    },
  });
  return { ...observedOf(result), output: result.stdout.toString() };
}

const all = (words: string): string[] => ['/probe', 'all', ...words.split(' ')];

/** What was looked up besides what every step of these looks up. */
function own({ looked }: Observed): Record<string, string> {
  const usual = new Set(['', 'probe', 'etc/passwd', 'etc/group']);
  return Object.fromEntries([...looked].filter(([path]) => !usual.has(path)).sort());
}

/** Verbs of the probe, what they look up, and what they print. */
const SEEN: readonly (readonly [string, string, Record<string, string>, string?])[] = [
  ['the working folder without a path', 'chdir /app , stat-here', { app: 'asf' }],
  [
    'a root of openat2',
    'confined /app/sub out root',
    { 'app/sub': 'sf', 'app/sub/out': 'r', 'app/sub/app/x': 'cf' },
    'ENOENT\n',
  ],
  [
    'what openat2 does not follow',
    'confined /app/sub near links',
    { 'app/sub': 'sf', 'app/sub/near': 'r', 'app/sub/z': 'cf' },
    'ELOOP\n',
  ],
  [
    'what openat2 lets out of no folder',
    'confined /app/sub ../x beneath',
    { 'app/sub': 'asf', 'app/x': 'cf' },
    'EXDEV\n',
  ],
  ['a handle', 'touched handle /app/sub/near', { 'app/sub/near': 's' }, 'EOPNOTSUPP\n'],
  ['times', 'touched times /app/sub/near', { 'app/sub/near': 'r', 'app/sub/z': 'sf' }],
  ['a file that is cut', 'touched truncate /app/x', { 'app/x': 'cf' }],
  [
    'two files that change their names',
    'touched exchange /app/x /app/y , cat /app/x',
    { 'app/x': 'cf', 'app/y': 'c' },
    'other\n',
  ],
  ['a link of an open file', 'touched link-open /app/x /n', { 'app/x': 'sf', n: 'a' }],
  ['a copy by descriptors', 'touched copy /app/x /n', { 'app/x': 'cf', n: 'cf' }],
  ['a program in memory', 'exec-memory exit 0', {}],
  [
    'a program that is spawned',
    'spawn /bin/script',
    { 'bin/script': 'cf', 'bin/wrapper': 'cf' },
    '99\n',
  ],
  [
    'a task in a folder of its own',
    'elsewhere /app/sub ../x , look access x',
    { x: 'af', 'app/sub': 'af', 'app/x': 'cf' },
    '0\nENOENT\n',
  ],
  ['a folder that another thread entered', 'gone /app x', { app: 'af', 'app/x': 'sf' }],
  [
    'several messages',
    'messages /app/s /app/sub/s',
    { 'app/s': 'af', 'app/sub/s': 'af' },
    'ENOENT\n',
  ],
];

/** Calls that would look around us, by their numbers on x86-64. */
const REFUSED: Readonly<Record<string, number>> = {
  ...{
    mount: 165,
    umount2: 166,
    pivot_root: 155,
    unshare: 272,
    setns: 308,
    acct: 163,
    uselib: 134,
  },
  ...{ swapon: 167, swapoff: 168, sysfs: 139, quotactl: 179, quotactl_fd: 443, ustat: 136 },
  ...{ init_module: 175, finit_module: 313, open_by_handle_at: 304, io_uring_setup: 425 },
  ...{ io_uring_enter: 426, open_tree: 428, move_mount: 429, fsopen: 430, fspick: 433 },
  ...{ mount_setattr: 442, open_tree_attr: 467, userfaultfd: 323, bpf: 321, fanotify_init: 300 },
  ...{
    pidfd_getfd: 438,
    file_getattr: 468,
    file_setattr: 469,
    lookup_dcookie: 212,
    kexec_load: 246,
  },
};

describe.each(['notice', 'ptrace'])('observe, rung root, by %s', (way) => {
  const bench = useBench('root');
  const OBSERVE = ['observe', 'observe-by', way];
  const look: See = (args, words = [], more = undefined) =>
    see(bench, args, [...OBSERVE, ...words], more);

  test.for(SEEN)('%s', async ([, words, looked, output], context) => {
    bench.need(context);
    const seen = await look(all(words));
    expect([seen.output, seen.reason]).toEqual([output ?? '', null]);
    expect(own(seen)).toEqual(looked);
  });

  test('calls that would look around us are refused', async (context) => {
    bench.need(context);
    requires(context, process.arch === 'x64', 'x86-64, whose numbers these are');
    const words = Object.values(REFUSED).map((number) => `syscall ${number} 0`);
    for (const word of words) {
      const { stdout } = await bench.run({ args: all(word), words: OBSERVE });
      expect(`${word} ${stdout}`).toBe(`${word} EPERM\n`);
    }
    // clone3 hides its flags, and what is newer than our tables is not there.
    for (const number of [435, 470, 999]) {
      const { stdout } = await bench.run({ args: all(`syscall ${number} 0`), words: OBSERVE });
      expect(`${number} ${stdout}`).toBe(`${number} ENOSYS\n`);
    }
  });

  test('an ELF interpreter is found from the working folder', async (context) => {
    bench.need(context);
    const seen = await look(all('chdir /app , exec /bin/relative'), [], (lower) =>
      writeFileSync(join(lower, 'bin/relative'), elf('./x'), { mode: 0o755 }),
    );
    expect(own(seen)).toMatchObject({ 'bin/relative': 'cf', 'app/x': 'cf' });
  });

  test('a datagram to no family is use of the network', async (context) => {
    bench.need(context);
    expect((await look(all('unspecified'), ['network', 'host'])).network).toBe(true);
  });

  test.for([
    ['hundreds of processes that look at once', 'forks', 400, 'app/'],
    ['a hundred thousand names', 'names', 100_000, 'app/sub/name-'],
  ] as const)('%s are all seen, in little memory', async ([, verb, count, prefix], context) => {
    bench.need(context);
    const folder = join('/', dirname(`${prefix}0`));
    const running = bench.start({
      args: all(`${verb} ${count} ${folder}`),
      fill,
      words: OBSERVE,
    });
    await running.output(`${count} looked`);
    const [supervisor = 0] = childrenOf(running.child.pid ?? 0);
    const status = readFileSync(`/proc/${supervisor}/status`, 'utf8');
    if (!IS_SANITIZED) expect(Number(/VmHWM:\s*(\d+)/.exec(status)?.[1])).toBeLessThan(3 * 1024);
    running.child.kill('SIGTERM');
    const { reason, looked } = observedOf(await running.result);
    expect(reason).toBe(null);
    expect([...looked.keys()].filter((path) => path.startsWith(prefix))).toHaveLength(count);
  });

  // The first process is shown to us before it changes a name, and makes no other call: when the second one finds what
  // it waits for, we may have looked before it was there.
  const ROUNDS = 48;
  test.for([
    ['a link that appears', 'link', (n: number) => [`l${n}`, `x${n}`]],
    ['a folder with a link in it that appears', 'folder', (n: number) => [`l${n}/l`, `x${n}`]],
    ['a program that appears', 'program', (n: number) => [`l${n}`, `x${n}`, `bin/w${n}`]],
  ] as const)(
    '%s while it is looked for is seen for what it was',
    async ([, kind, paths], context) => {
      bench.need(context);
      const seen = await look(all(`race ${kind} / ${ROUNDS}`), [], (lower) => {
        for (let n = 0; n < ROUNDS; n++) {
          writeFileSync(join(lower, `x${n}`), `#!/bin/w${n}\n`, { mode: 0o755 });
          writeFileSync(join(lower, `bin/w${n}`), '#!/probe exit\n', { mode: 0o755 });
        }
      });
      expect(seen.complete).toBe(true);
      const missed = Array.from({ length: ROUNDS }, (_, n) => paths(n)).flat();
      expect(missed.filter((path) => !seen.looked.has(path))).toEqual([]);
    },
  );
});

describe.each(WAYS)('observe, rung %s, by %s', (rung, way) => {
  const bench = useBench(rung);
  const OBSERVE = ['observe', 'observe-by', way];
  const look: See = (args, words = [], more = undefined) =>
    see(bench, args, [...OBSERVE, ...words], more);

  test('a path in memory that is secret is not seen, and that is said', async (context) => {
    bench.need(context);
    const seen = await look(all('secret /app/x'));
    requires(context, seen.output !== 'ENOSYS\n', 'memfd_secret');
    expect(seen.reason).toContain('memory');
  });

  test('a working folder that is deeper than any path is not seen, and that is said', async (context) => {
    bench.need(context);
    const go = async (depth: number): Promise<Observed> => {
      const args = all(`deep ${'a'.repeat(200)} ${depth} , look stat x`);
      const result = await bench.run({ args, words: OBSERVE });
      // Node's own removal knows no such depth.
      spawnSync('rm', ['-rf', result.upper, result.lower]);
      return observedOf(result);
    };
    expect((await go(19)).complete).toBe(true);
    expect((await go(30)).reason).toContain('could not be read');
  });

  test('a program that is executed through a link to a descriptor of its own', async (context) => {
    bench.need(context);
    // Where there is no /proc the link leads nowhere.
    const { reason } = await look(all('exec-by-link /bin/script /l'));
    expect(reason ?? 'roundabout').toContain('roundabout');
    expect(reason === null).toBe(rung === 'chroot');
    expect(own(await look(all('exec-open /bin/script')))).toMatchObject({
      'bin/wrapper': 'cf',
    });
  });

  test('a folder whose name ends as if it were deleted', async (context) => {
    bench.need(context);
    const seen = await look(['/probe', 'all', 'chdir', '/d (deleted)', ',', 'cat', 'f']);
    expect(seen.output).toBe('still here\n');
    expect(own(seen)).toEqual({ 'd (deleted)': 'af', 'd (deleted)/f': 'cf' });
  });

  test('a program that becomes another user, and one that may not be read', async (context) => {
    bench.need(context);
    const mighty = await look(
      ['/bin/mighty', 'cat', '/app/x'],
      rung === 'single-id' ? [] : ['user', '7'],
      (lower) => chmodSync(join(lower, 'bin/mighty'), 0o4755),
    );
    expect(own(mighty)['app/x'] === 'cf' || !mighty.complete).toBe(true);
    const unread = await look(['/bin/mighty', 'cat', '/app/x'], ['user', '7'], (lower) =>
      chmodSync(join(lower, 'bin/mighty'), 0o711),
    );
    expect(own(unread)['app/x'] === 'cf' || !unread.complete).toBe(true);
  });
});

describe('observe, rung chroot, where the container gives no CAP_SYS_PTRACE', () => {
  const bench = useBench('chroot');

  test.for([
    ['a file that another user reads', 'cat /app/x', null],
    ['a program that another user has open', 'exec-open /bin/script', 'could not be read'],
    ['a path from the working folder of another user', 'look stat x', 'could not be read'],
  ] as const)('%s', async ([, words, reason], context) => {
    bench.need(context);
    requiresPrograms(context, 'setpriv');
    const step = bench.prepare({
      args: all(words),
      words: ['observe', 'user', '7'],
      fill,
    });
    const binary = join(bench.folder(), 'runner');
    const without = '--bounding-set=-sys_ptrace --inh-caps=-sys_ptrace';
    writeFileSync(binary, `#!/bin/sh\nexec setpriv ${without} ${bench.binary} "$@"\n`, {
      mode: 0o755,
    });
    const result = await callRunner({ verb: 'run', words: [...bench.maps, ...step.words], binary });
    const seen = observedOf(result);
    if (reason === null) expect([seen.reason, own(seen)]).toEqual([null, { 'app/x': 'cf' }]);
    else expect(seen.reason).toContain(reason);
  });
});

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
