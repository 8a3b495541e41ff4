import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { staleTemporaries, sweepTemporaries, takeLease, whileAlone } from '../../cache/leases.ts';
import { tmpDir } from '../support/tmp.ts';

function home(): string {
  const path = tmpDir();
  mkdirSync(join(path, 'leases'));
  mkdirSync(join(path, 'tmp'));
  return path;
}

test('a released lease leaves neither its file nor its temporaries', async () => {
  const path = home();
  const lease = await takeLease(path);
  writeFileSync(join(lease.tmp, 'half'), 'x');
  await lease.release();
  expect(existsSync(lease.tmp)).toBe(false);
  expect(staleTemporaries(path)).toEqual([]);
});

test('temporaries of a process that is gone are stale, those of a live one are not', async () => {
  const path = home();
  const dead = spawnSync('true').pid;
  writeFileSync(join(path, 'leases', 'lease-dead'), `${dead} 1 some-boot`);
  mkdirSync(join(path, 'tmp', 'lease-dead'));
  const lease = await takeLease(path);
  expect(staleTemporaries(path)).toEqual([join(path, 'tmp', 'lease-dead')]);
  expect(existsSync(join(path, 'leases', 'lease-dead'))).toBe(false);
  await lease.release();
});

test('a reused pid does not keep a lease alive: the start time differs', async () => {
  const path = home();
  writeFileSync(join(path, 'leases', 'lease-old'), `${process.pid} 1 some-boot`);
  mkdirSync(join(path, 'tmp', 'lease-old'));
  expect(staleTemporaries(path)).toEqual([join(path, 'tmp', 'lease-old')]);
});

test('a lease whose process was killed before it had written it is gone a moment later', async () => {
  const path = home();
  const dead = spawnSync('true').pid;
  const file = join(path, 'leases', `lease-${dead}-0123456789abcdef`);
  writeFileSync(file, '');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(staleTemporaries(path)).toEqual([]);
  expect(existsSync(file)).toBe(false);
  const own = join(path, 'leases', `lease-${process.pid}-0123456789abcdef`);
  writeFileSync(own, '');
  staleTemporaries(path);
  expect(existsSync(own)).toBe(true);
});

test('a lease of another container counts as live for hours, and not for ever', async () => {
  const path = home();
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const file = join(path, 'leases', 'lease-foreign');
  writeFileSync(file, `1 1 ${boot} pid:[1]`);
  mkdirSync(join(path, 'tmp', 'lease-foreign'));
  expect(staleTemporaries(path)).toEqual([]);
  const yesterday = new Date(Date.now() - 86_400_000);
  utimesSync(file, yesterday, yesterday);
  expect(staleTemporaries(path)).toEqual([join(path, 'tmp', 'lease-foreign')]);
});

test('a lease file whose process died while it wrote it does not count for ever', async () => {
  const path = home();
  const file = join(path, 'leases', 'lease-half');
  writeFileSync(file, '');
  mkdirSync(join(path, 'tmp', 'lease-half'));
  expect(staleTemporaries(path)).toEqual([]);
  const minuteAgo = new Date(Date.now() - 60_000);
  utimesSync(file, minuteAgo, minuteAgo);
  expect(staleTemporaries(path)).toEqual([join(path, 'tmp', 'lease-half')]);
});

test('nothing is swept while another lease is live', async () => {
  const path = home();
  const own = await takeLease(path);
  const other = await takeLease(path);
  let swept = 0;
  const sweep = async (): Promise<void> => void swept++;
  expect(await whileAlone(path, own, sweep)).toBe(false);
  await other.release();
  expect(await whileAlone(path, own, sweep)).toBe(true);
  expect(swept).toBe(1);
  await own.release();
});

test('a build that starts while a sweep runs waits for its end', async () => {
  const path = home();
  const own = await takeLease(path);
  const order: string[] = [];
  let other: Promise<unknown> = Promise.resolve();
  await whileAlone(path, own, async () => {
    other = takeLease(path).then(() => order.push('lease'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    order.push('swept');
  });
  await other;
  expect(order).toEqual(['swept', 'lease']);
});

test('a process of this boot that has ended without giving its lease back has crashed; of other boots that is not known', async () => {
  const path = home();
  const lease = await takeLease(path);
  expect(await sweepTemporaries(path)).toEqual({ areLive: false, haveCrashed: false });
  const [own = ''] = readdirSync(join(path, 'leases'));
  const [, , boot, namespace] = readFileSync(join(path, 'leases', own), 'utf8').split(' ');
  const dead = spawnSync('true').pid;
  writeFileSync(join(path, 'leases', 'lease-dead'), `${dead} 1 some-boot ${namespace}`);
  expect(await sweepTemporaries(path)).toEqual({ areLive: false, haveCrashed: false });
  writeFileSync(join(path, 'leases', 'lease-dead'), `${dead} 1 ${boot} ${namespace}`);
  expect(await sweepTemporaries(path)).toEqual({ areLive: false, haveCrashed: true });
  expect(await sweepTemporaries(path)).toEqual({ areLive: false, haveCrashed: false });
  const other = await takeLease(path);
  expect(await sweepTemporaries(path)).toEqual({ areLive: true, haveCrashed: false });
  await other.release();
  await lease.release();
});
