// A machine that refuses: a full disk, a read-only store, no namespaces. Nothing half-written is left, and
// with room or permission the same command works.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requiresPrograms } from '../support/requires.ts';
import {
  BUSYBOX,
  busyboxContext,
  contextOf,
  type Finished,
  PROGRAM,
  programEnv,
  slipway,
} from '../support/slipway.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tmpDir } from '../support/tmp.ts';

const SIZE = 3_000_000;

/** Two files that no compression makes smaller; one has room on the small disk. */
function bigContext(): string {
  const folder = contextOf({ Dockerfile: 'FROM scratch\nCOPY a b /\n' });
  for (const name of ['a', 'b']) writeFileSync(join(folder, name), randomBytes(SIZE));
  return folder;
}

const OUTPUTS: readonly (readonly [what: string, spec: string, left: (path: string) => void])[] = [
  ['a tar', 'type=tar,dest=DISK/out', (path) => expect(readdirSync(path)).toEqual([])],
  ['an archive', 'type=docker,dest=DISK/out', (path) => expect(readdirSync(path)).toEqual([])],
  ['a layout', 'type=oci,tar=false,dest=DISK/out', (path) => expectNoIndex(join(path, 'out'))],
  ['a folder', 'type=local,dest=DISK/out', (path) => expectWholeFiles(join(path, 'out'))],
];

test.for(OUTPUTS)('%s on a full disk is not half-written', ([, spec, left], context) => {
  const [folder, home, disk] = [bigContext(), tmpDir(), smallDisk(context, '4m')];
  const build = () => slipway(home, ['build', '-q', '-o', spec.replace('DISK', disk.path), folder]);
  refuses(build(), 'E_OUTPUT', '/out cannot be written: ENOSPC|the disk is full');
  left(disk.path);
  disk.remount('size=64m');
  expect(build()).toMatchObject({ status: 0, stderr: '' });
});

test('standard output on a full disk is named as such', (context) => {
  const [folder, home, disk] = [bigContext(), tmpDir(), smallDisk(context, '4m')];
  const script = '"$0" "$1" build -q -o - "$2" > "$3"';
  const words = [process.execPath, PROGRAM, folder, join(disk.path, 'out')];
  const done = spawnSync('sh', ['-c', script, ...words], {
    env: programEnv(home),
    encoding: 'utf8',
  });
  refuses(done, 'E_OUTPUT', 'standard output cannot be written: ENOSPC');
});

test('a result file on a full disk is told once', (context) => {
  const [home, disk] = [tmpDir(), smallDisk(context, '4k')];
  const folder = contextOf({ Dockerfile: 'FROM scratch\n' });
  writeFileSync(join(disk.path, 'filler'), 'x'.repeat(4096));
  const done = slipway(home, ['build', '--metadata-file', join(disk.path, 'meta'), folder]);
  refuses(done, 'E_OUTPUT', '/meta cannot be written: ENOSPC');
  expect(done.stderr.split('E_OUTPUT')).toHaveLength(2);
  expect(readdirSync(disk.path)).toEqual(['filler']);
});

test.for(['8k', '16k', '32k', '64k', '1100k', '4m'])(
  'a store on a disk of %s: a clear error, nothing half-written, and with room the image as ever',
  (size, context) => {
    const [folder, disk] = [bigContext(), smallDisk(context, size)];
    const home = join(disk.path, 'store');
    const env = { SOURCE_DATE_EPOCH: '1700000000' };
    const build = (store: string) => slipway(store, ['build', '-q', folder], env);
    refuses(build(home), 'E_STORE_UNUSABLE', 'room');
    expectNothingTemporary(home);
    expect(existsSync(join(home, 'oci/index.json'))).toBe(false);
    disk.remount('size=64m');
    expect(build(home)).toEqual(build(tmpDir()));
  },
);

test.for([0, 16, 40])(
  'a store whose disk has %i KiB left: every command ends with one error that says what to do, or works',
  (left, context) => {
    const dockerfile = `${BUSYBOX}COPY src /src\nRUN cat /src > /out\n`;
    const folder = busyboxContext(context, { Dockerfile: dockerfile, src: '1' });
    const [disk, files] = [smallDisk(context, '24m'), tmpDir()];
    const home = join(disk.path, 'store');
    const call = (...args: string[]) => slipway(home, args);
    expect(call('build', '-q', '-t', 'x:1', folder).status).toBe(0);
    const cache = join(files, 'cache.tar');
    expect(call('cache', 'export', cache).status).toBe(0);
    writeFileSync(join(folder, 'src'), '2');
    const { bavail, bsize } = statfsSync(disk.path);
    spawnSync('fallocate', ['-l', String(bavail * bsize - left * 1024), join(disk.path, 'fill')]);
    for (const args of [
      ['build', '-q', '-t', 'y:1', folder],
      ['tag', 'x:1', 'z:1'],
      ['cache', 'import', cache],
      ['cache', 'prune'],
      ['rmi', 'x:1'],
    ]) {
      const { status, stderr } = call(...args);
      if (status === 0) continue;
      expect(stderr.match(/^[Ee]rror/gm), stderr).toHaveLength(1);
      expect(stderr).toMatch(/No space|no space|no room|ENOSPC/);
      // A step that meets it says so itself.
      if (stderr.includes('error[E_RUN_FAILED]')) continue;
      expect(stderr).toMatch(/^error\[(?:E_STORE_UNUSABLE|E_SYSTEM)\]/m);
      expect(stderr).toMatch(/hint: free (?:some space|a few megabytes)/);
    }
  },
);

test('a step that fills the disk fails as a step', (context) => {
  const dockerfile = `${BUSYBOX}RUN dd if=/dev/zero of=/f bs=65536 count=200\n`;
  const folder = busyboxContext(context, { Dockerfile: dockerfile });
  const disk = smallDisk(context, '8m');
  const home = join(disk.path, 'store');
  refuses(slipway(home, ['build', folder]), 'E_RUN_FAILED', 'No space left on device');
  expectNothingTemporary(home);
  disk.remount('size=64m');
  expect(slipway(home, ['build', '-q', folder]).status).toBe(0);
});

test('a store on a read-only file system', (context) => {
  const disk = smallDisk(context, '16m');
  const folder = contextOf({ Dockerfile: 'FROM scratch\n' });
  const home = join(disk.path, 'store');
  const build = () => slipway(home, ['build', '-q', folder]);
  const first = build();
  disk.remount('ro');
  refuses(build(), 'E_STORE_UNUSABLE', 'cannot be used: EROFS|SLIPWAY_HOME');
  disk.remount('rw');
  expect(build()).toEqual(first);
});

test('a kernel that gives no more namespaces is told', (context) => {
  requiresPrograms(context, 'unshare');
  const folder = busyboxContext(context, { Dockerfile: BUSYBOX });
  const home = tmpDir();
  // The limit is that of a user namespace of its own, and goes with it.
  const script = 'echo 0 > /proc/sys/user/max_mnt_namespaces && exec "$0" "$@"';
  const words = ['-Ur', 'sh', '-c', script, process.execPath, PROGRAM, 'build', folder];
  const done = spawnSync('unshare', words, { env: programEnv(home), encoding: 'utf8' });
  const hint = 'hint: as root: sysctl -w user.max_mnt_namespaces=10000';
  refuses(done, 'E_ISOLATION', `cannot make the namespaces|Dockerfile:3:1|${hint}`);
  expectNothingTemporary(home);
});

function refuses(done: Finished, code: string, says: string): void {
  expect(done.stderr).toContain(`error[${code}]: `);
  for (const words of says.split('|')) expect(done.stderr).toContain(words);
  expect(done.status).toBe(1);
}

function expectNoIndex(path: string): void {
  expect(existsSync(join(path, 'index.json'))).toBe(false);
}

function expectWholeFiles(path: string): void {
  for (const name of readdirSync(path)) expect(statSync(join(path, name)).size).toBe(SIZE);
}

function expectNothingTemporary(home: string): void {
  for (const name of ['tmp', 'leases']) {
    if (existsSync(join(home, name))) expect(readdirSync(join(home, name))).toEqual([]);
  }
}
