// Who a process may become and what is whose afterwards: every sequence of calls is performed by the kernel
// on rung root, and must come out the same where a supervisor answers for it (rung single-id).

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Bench, useBench } from '../support/bench.ts';
import { decode, type RawEntry, stream } from '../support/entry-stream.ts';
import { PROBE } from '../support/runner.ts';
import { seededRandom } from '../support/seed.ts';

const PASSWD = 'root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n';
const GROUP = 'root:x:0:\napp:x:1001:\nvideo:x:44:app\n';

/** A layer for both: users, a /tmp that is open to all, and programs of other owners. */
function layerEntries(): RawEntry[] {
  const program = { type: 'file', content: readFileSync(PROBE) } as const;
  return [
    { type: 'dir', path: 'etc', mode: 0o755 },
    { type: 'file', path: 'etc/group', content: GROUP },
    { type: 'file', path: 'etc/passwd', content: PASSWD },
    { ...program, path: 'other', mode: 0o4755, uid: 1000, gid: 1001 },
    { ...program, path: 'sgid', mode: 0o2755, gid: 44 },
    { ...program, path: 'suid', mode: 0o4755 },
    { type: 'dir', path: 'tmp', mode: 0o1777 },
    { type: 'file', path: 'tmp/open', mode: 0o666 },
    { type: 'file', path: 'tmp/own', uid: 1000, gid: 1001 },
    { type: 'file', path: 'tmp/roots' },
    { type: 'file', path: 'tmp/strange', uid: 1000, gid: 5 },
  ];
}

/** Verbs of the probe, as words; each sequence runs in one process. */
const SEQUENCES: readonly (readonly [string, string, string])[] = [
  ['setuid by root is for good', '', 'set uid 5 , ids , set uid 0 , ids , set gid 7 , ids'],
  ['setgid and setgroups, then setuid', '', 'set groups 3 4 , set gid 8 , set uid 9 , ids'],
  ['seteuid is not for good', '', 'set resuid -1 5 -1 , ids , set gid 6 , set uid 0 , ids'],
  ['setreuid swaps', '', 'set reuid 5 6 , ids , set reuid 6 5 , ids , set reuid 0 -1 , ids'],
  ['setregid swaps', '', 'set regid 5 6 , set uid 3 , set regid 6 5 , ids , set regid 0 -1 , ids'],
  [
    'setresuid, one of three',
    '',
    'set resuid 1 2 3 , ids , set resuid 3 1 2 , ids , set uid 2 , ids',
  ],
  [
    'setresgid, one of three',
    '',
    'set resgid 1 2 3 , set uid 4 , set resgid 2 3 1 , ids , set gid 9',
  ],
  ['setfsuid and setfsgid', '', 'set fsuid 5 , set fsgid 6 , ids , set uid 7 , set fsuid 0 , ids'],
  [
    'an ordinary user is refused',
    'app',
    'ids , set uid 0 , set gid 0 , set groups 0 , set uid 1000 , ids',
  ],
  [
    'an ordinary user may use its own ids',
    'app',
    'set resuid 1000 1000 1000 , set resgid 1001 -1 -1 , ids',
  ],
  ['-1 is no id', '', 'set uid -1 , set gid -1 , set resuid -1 -1 -1 , ids'],
  ['capabilities that were kept', '', 'keepcaps , set uid 5 , ids'],
  ['a child is who its parent was', '', 'set groups 3 , set resuid 5 6 7 , fork probe ids'],
  ['an exec saves the effective ids', '', 'set resuid 5 6 7 , exec /probe ids'],
  ['a setuid program', 'app', 'exec /suid ids'],
  ['a setgid program', 'app', 'exec /sgid ids'],
  ['a setuid program of an ordinary user', '', 'exec /other ids'],
  ['chown by an ordinary user', 'app', 'chown /tmp/own 5 5 , chown /tmp/own 1000 44'],
  ['chgrp to a group of theirs', 'app', 'write /tmp/f x , chown /tmp/f 1000 44 , stat /tmp/f'],
  ['chgrp to another group', 'app', 'write /tmp/f x , chown /tmp/f 1000 45'],
  [
    'files of an ordinary user',
    'app',
    'umask 027 , write /tmp/f x , mkdir /tmp/d , symlink x /tmp/l , mkfifo /tmp/p , stat /tmp/f , stat /tmp/d , stat /tmp/l , stat /tmp/p',
  ],
  ['a file without a name', 'app', 'umask 077 , nameless /tmp /tmp/named , stat /tmp/named'],
  ['openat2', 'app', 'openat2 /tmp/f , stat /tmp/f , openat2 /tmp/f'],
  ['a hard link', 'app', 'write /tmp/f x , link /tmp/f /tmp/g , stat /tmp/g'],
  [
    'a setgid folder',
    '',
    'mkdir /tmp/d , chown /tmp/d 0 44 , chmod /tmp/d 2755 , write /tmp/d/f x , mkdir /tmp/d/e , stat /tmp/d/f , stat /tmp/d/e',
  ],
  [
    'chown takes setuid away',
    '',
    'write /tmp/f x , chmod /tmp/f 6755 , chown /tmp/f 3 4 , stat /tmp/f',
  ],
  [
    'a link, not its target',
    '',
    'write /tmp/f x , symlink f /tmp/l , chown /tmp/l 3 4 , stat /tmp/l , stat /tmp/f',
  ],
  ['every way to look', '', 'write /tmp/f x , chown /tmp/f 3 4 , looks /tmp/f'],
  ['no file where another may not', 'app', 'write /etc/x y'],
  ['no folder where another may not', 'app', 'mkdir /etc/x'],
  ['no link where another may not', 'app', 'symlink x /etc/x'],
  ["no writing what is root's", 'app', 'write /etc/passwd x'],
  ['no nodes of an ordinary user', 'app', 'mknod /tmp/n c 1 3'],
  ['access is by the real user', 'app', 'access /etc/passwd 2'],
  ['access to read', 'app', 'access /etc/passwd 4 , access /tmp 7'],
  ['a folder that is there', 'app', 'mkdir /etc'],
  ["no removing what is another's", 'app', 'unlink /etc/group'],
  [
    'removing where one may',
    'app',
    'write /tmp/f x , mkdir /tmp/d , unlink /tmp/d , unlink /tmp/f , ls /tmp',
  ],
  ["a sticky folder keeps what is another's", 'app', 'unlink /tmp/roots'],
  ['a sticky folder keeps a name', 'app', 'rename /tmp/roots /tmp/mine'],
  ['what is not there cannot be removed', 'app', 'unlink /etc/nothing'],
  ['renaming where one may', 'app', 'write /tmp/f x , rename /tmp/f /tmp/own , stat /tmp/own'],
  ["no renaming into another's folder", 'app', 'write /tmp/f x , rename /tmp/f /etc/f'],
  ["no renaming over what is another's", 'app', 'write /tmp/f x , rename /tmp/f /tmp/roots'],
  ["no name in another's folder", 'app', 'link /tmp/own /etc/f'],
  ['a name that is taken', 'app', 'link /tmp/own /tmp/roots'],
  ["no mode of what is another's", 'app', 'chmod /tmp/roots 777'],
  ["setgid of another's group", 'app', 'chmod /tmp/strange 2755 , stat /tmp/strange'],
  ["setgid of one's own group", 'app', 'write /tmp/f x , chmod /tmp/f 2755 , stat /tmp/f'],
  ["no times of what is another's", 'app', 'times /tmp/open 5'],
  [
    'the time now of what one may write',
    'app',
    'times /tmp/open now , times /tmp/own 5 , times /tmp/own now',
  ],
  ['no time now of what one may not write', 'app', 'times /tmp/roots now'],
  ["no shortening of what is another's", 'app', 'truncate /tmp/open , truncate /tmp/roots'],
  [
    "one's own memory and sockets",
    'app',
    'own-things /tmp/socket , write /dev/shm/x y , chmod /dev/shm/x 600',
  ],
  ["one's own files of /proc", 'app', 'open /proc/self/comm w , write /proc/self/oom_score_adj 0'],
  [
    'the attributes of a file',
    '',
    'write /tmp/f x , chown /tmp/f 3 4 , xattrs /tmp/f , setxattr /tmp/f user.a b , xattrs /tmp/f , setxattr /tmp/f user.c d , xattrs /tmp/f',
  ],
  [
    'the attributes of a folder',
    '',
    'mkdir /tmp/d , setxattr /tmp/d user.z 1 , chown /tmp/d 3 4 , xattrs /tmp/d',
  ],
  [
    'times of a pipe',
    '',
    'mkfifo /tmp/p , chown /tmp/p 3 4 , times /tmp/p 5 , times /tmp/p now , stat /tmp/p',
  ],
  [
    "times of a pipe of one's own",
    'app',
    'mkfifo /tmp/p , times /tmp/p 5 , times /tmp/p now , stat /tmp/p',
  ],
];

describe('the kernel and the supervisor agree', () => {
  const [kernel, supervisor] = [useBench('root'), useBench('single-id')];
  test.for(SEQUENCES)('%s', async ([, user, verbs], context) => {
    kernel.need(context);
    supervisor.need(context);
    const outputs = await Promise.all(
      [kernel, supervisor].map(async (bench) => {
        const args = ['/probe', 'all', ...verbs.split(' ')];
        const lowers = [await layer(bench)];
        const result = await bench.run({ args, words: ['user', user], lowers });
        return `${result.stdout}${result.event('exit')?.code}`;
      }),
    );
    expect(outputs[1]).toBe(outputs[0]);
  });

  test('random changes of identity come out the same', async (context) => {
    kernel.need(context);
    supervisor.need(context);
    const random = seededRandom('identity');
    const calls = ['uid', 'gid', 'reuid', 'regid', 'resuid', 'resgid', 'fsuid', 'fsgid', 'groups'];
    for (let round = 0; round < 40; round++) {
      const verbs: string[] = [];
      for (let i = 0; i < 12; i++) {
        const ids = [0, 1, 2].map(() => ['0', '5', '6', '7', '-1'][random.int(5)] ?? '0');
        verbs.push('set', calls[random.int(calls.length)] ?? 'uid', ...ids, ',', 'ids', ',');
      }
      const args = ['/probe', 'all', ...verbs.slice(0, -1)];
      const [wanted, got] = await Promise.all([
        kernel.output({ args }),
        supervisor.output({ args }),
      ]);
      expect(got).toBe(wanted);
    }
  });

  test('the layer has what the step asked for', async (context) => {
    kernel.need(context);
    supervisor.need(context);
    const verbs =
      'write /f x , chown /f 3 4 , chmod /f 6750 , symlink f /l , chown /l 5 6 , mkfifo /p , chown /p 7 8 , mknod /n c 1 3 , mknod /b b 7 9 , chown /b 0 6 , mkdir /d , chown /d 70000 70001 , link /f /g , unlink /etc/passwd';
    const layers = await Promise.all(
      [kernel, supervisor].map(async (bench) => {
        const lowers = [await layer(bench)];
        const step = await bench.run({ args: ['/probe', 'all', ...verbs.split(' ')], lowers });
        expect(step.event('exit')).toMatchObject({ code: 0 });
        const dumped = await bench.call('dump', ['dir', step.upper, 'all']);
        return decode(dumped.stdout).map((entry) => ({ ...entry, mtime: undefined }));
      }),
    );
    expect(layers[1]).toEqual(layers[0]);
    expect(layers[0]?.map(({ path, uid, gid }) => `${path} ${uid}:${gid}`)).toContain('l 5:6');
  });
});

async function layer(bench: Bench): Promise<string> {
  const dir = bench.folder();
  const extracted = await bench.call('extract', ['dir', dir], stream(...layerEntries()));
  expect(extracted.event('error')).toBeUndefined();
  return dir;
}
