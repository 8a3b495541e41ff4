// Control groups of steps: what is written for a limit, and where, on machines that this one is not.

import { expect, test } from 'vitest';
import { cgroupPlace } from '../../../builder/exec/cgroup-places.ts';
import { cgroupSettings } from '../../../builder/exec/cgroup-settings.ts';
import type { StepLimits } from '../../../builder/step-options.ts';

const NONE: StepLimits = {
  shm: undefined,
  ulimits: [],
  memory: undefined,
  memorySwap: undefined,
  cpuQuota: undefined,
  cpuPeriod: undefined,
  cpuShares: undefined,
  cpusetCpus: undefined,
  cpusetMems: undefined,
  pids: undefined,
  cgroupParent: undefined,
};

const written = (limits: Partial<StepLimits>, version: 1 | 2): string[] =>
  cgroupSettings({ ...NONE, ...limits }, version).map(({ file, value }) => `${file}=${value}`);

test.for([
  [{}, [], []],
  [
    { memory: 1024 },
    ['memory.max=1024', 'memory.swap.max=1024'],
    ['memory.limit_in_bytes=1024', 'memory.memsw.limit_in_bytes=2048'],
  ],
  [
    { memory: 1024, memorySwap: 1024 },
    ['memory.max=1024', 'memory.swap.max=0'],
    ['memory.limit_in_bytes=1024', 'memory.memsw.limit_in_bytes=1024'],
  ],
  [
    { memory: 1024, memorySwap: Number.POSITIVE_INFINITY },
    ['memory.max=1024', 'memory.swap.max=max'],
    ['memory.limit_in_bytes=1024', 'memory.memsw.limit_in_bytes=-1'],
  ],
  [
    { cpuQuota: 50_000 },
    ['cpu.max=50000 100000'],
    ['cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=50000'],
  ],
  [{ cpuPeriod: 5000 }, ['cpu.max=max 5000'], ['cpu.cfs_period_us=5000']],
  [{ cpuShares: 1024 }, ['cpu.weight=39'], ['cpu.shares=1024']],
  [
    { cpusetCpus: '0-1', cpusetMems: '0', pids: 9 },
    ['cpuset.cpus=0-1', 'cpuset.mems=0', 'pids.max=9'],
    ['cpuset.cpus=0-1', 'cpuset.mems=0', 'pids.max=9'],
  ],
] as const)('%j is written as the kernel has it', ([limits, second, first]) => {
  expect(written(limits, 2)).toEqual(second);
  expect(written(limits, 1)).toEqual(first);
});

const MOUNTS = `\
24 1 0:5 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
25 1 0:6 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
26 1 0:7 /docker/x /c\\040d rw shared:9 - cgroup cgroup rw,cpu,cpuacct
`;

test('the place of a controller is where it is mounted, seen from there', () => {
  const groups = '4:memory:/a/b\n3:cpu,cpuacct:/docker/x/y\n2:pids:/\n0::/u\n';
  const place = (controller: string) => cgroupPlace(controller, groups, MOUNTS);
  expect(place('memory')).toEqual({
    version: 1,
    mount: '/sys/fs/cgroup/memory',
    own: '/sys/fs/cgroup/memory/a/b',
  });
  expect(place('cpu')).toEqual({ version: 1, mount: '/c d', own: '/c d/y' });
  expect(place('pids')).toMatchObject({ version: 2, own: '/sys/fs/cgroup/unified/u' });
  const outside = cgroupPlace('cpu', '3:cpu,cpuacct:/docker/other\n', MOUNTS);
  expect(outside?.own).toBe('/c d');
  expect(cgroupPlace('cpu', '', '')).toBeUndefined();
});
