// Limits as what is written into the files of a control group: one list for version 2 of the kernel's
// interface, one for version 1. Nothing is read or written here.
// https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/

import type { StepLimits } from '../step-options.ts';

export interface CgroupSetting {
  readonly controller: 'memory' | 'cpu' | 'cpuset' | 'pids';
  readonly file: string;
  readonly value: string;
  /** The flag that asks for it; undefined for what slipway does by itself, and may do without. */
  readonly flag: string | undefined;
}

type Limits = Omit<StepLimits, 'shm' | 'ulimits' | 'cgroupParent'>;

/** The settings of `limits`, in an order that the kernel takes. */
export function cgroupSettings(limits: Limits, version: 1 | 2): CgroupSetting[] {
  const of =
    (controller: CgroupSetting['controller']) =>
    (file: string, value: string | undefined, flag: string | undefined): CgroupSetting[] =>
      value === undefined ? [] : [{ controller, file: `${controller}.${file}`, value, flag }];
  const [memory, cpu, cpuset, pids] = [of('memory'), of('cpu'), of('cpuset'), of('pids')];
  const common = [
    ...cpuset('cpus', limits.cpusetCpus, '--cpuset-cpus'),
    ...cpuset('mems', limits.cpusetMems, '--cpuset-mems'),
    ...pids('max', number(limits.pids, 'max'), '--pids-limit'),
  ];
  const { cpuPeriod = 100_000, cpuQuota, cpuShares, memorySwap } = limits;
  const swapFlag = memorySwap === undefined ? undefined : '--memory-swap';
  const quotaFlag = cpuQuota === undefined ? '--cpu-period' : '--cpus or --cpu-quota';
  const hasCpu = cpuQuota !== undefined || limits.cpuPeriod !== undefined;
  if (version === 2) {
    const swap = memorySwap === undefined ? limits.memory : memorySwap - (limits.memory ?? 0);
    const quota = number(cpuQuota, 'max') ?? 'max';
    return [
      ...memory('max', number(limits.memory, 'max'), '--memory'),
      ...memory('swap.max', number(swap, 'max'), swapFlag),
      ...cpu('max', hasCpu ? `${quota} ${cpuPeriod}` : undefined, quotaFlag),
      ...cpu('weight', cpuShares === undefined ? undefined : weight(cpuShares), '--cpu-shares'),
      ...common,
    ];
  }
  const total = memorySwap ?? (limits.memory === undefined ? undefined : 2 * limits.memory);
  return [
    ...memory('limit_in_bytes', number(limits.memory, '-1'), '--memory'),
    ...memory('memsw.limit_in_bytes', number(total, '-1'), swapFlag),
    ...cpu('cfs_period_us', hasCpu ? String(cpuPeriod) : undefined, quotaFlag),
    ...cpu('cfs_quota_us', number(cpuQuota, '-1'), quotaFlag),
    ...cpu('shares', number(cpuShares, ''), '--cpu-shares'),
    ...common,
  ];
}

function number(value: number | undefined, unlimited: string): string | undefined {
  if (value === undefined) return undefined;
  return Number.isFinite(value) ? String(value) : unlimited;
}

/** Shares, 2 to 262144, as a weight, 1 to 10000, as the field's runtimes convert them. */
function weight(shares: number): string {
  const bounded = Math.min(262_144, Math.max(2, shares));
  return String(1 + Math.floor(((bounded - 2) * 9999) / 262_142));
}
